"""`Client` as URLs and JSON: what all clients that speak HTTP have in common, whatever carries their bytes.

A subclass sends one request, or opens one endless answer; the mapping of verbs, selectors, patches, preconditions and
Status answers is here, once.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, cast

import orjson

from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import JSON, Call, Client, EventType, PatchType, Verb, WatchEvent, decoded
from liqolab.controller.kubeconfig import Access

REQUEST_SECONDS = 60.0
WATCH_SECONDS = 540
"""How long one watch lasts; the server ends it then, and informers ask again."""

_METHODS: Final[Mapping[Verb, str]] = {
    "get": "GET",
    "list": "GET",
    "watch": "GET",
    "create": "POST",
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "deletecollection": "DELETE",
}
_PATCH_TYPES: Final[Mapping[PatchType | None, str]] = {
    None: JSON,
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}
_WATCH_OPTIONS: Final = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": str(WATCH_SECONDS)}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `query` holds no empty values, `body` is encoded."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes | None = None
    content_type: str = JSON
    accept: str = JSON


def request_of(call: Call) -> Request:
    """How a call is spoken in HTTP."""
    path = call.resource.path(call.namespace, call.name, call.subresource)
    query = {**_WATCH_OPTIONS, **call.options} if call.verb == "watch" else call.options
    body = None if call.body is None else orjson.dumps(call.body)
    return Request(_METHODS[call.verb], path, query, body, _PATCH_TYPES[call.patch_type])


class RestClient(Client):
    """A client that sends requests: an asynchronous context manager, used by one event loop."""

    def __init__(self, access: Access) -> None:
        self.access = access

    @abstractmethod
    async def send(self, request: Request) -> bytes:
        """The body of the answer.

        Raises:
            ApiError: the answer is a failure (`failure` makes it).
            OSError: there is no answer.
        """

    @abstractmethod
    def receive(self, request: Request) -> AsyncIterator[bytes]:
        """The body of an answer without an end, in pieces as they arrive. Raises as `send`."""

    @abstractmethod
    async def close(self) -> None:
        """Release connections; the client is of no use afterwards."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def answer(self, call: Call) -> Object:
        request = request_of(call)
        found = decoded(await self.send(request), f"{self.access.server} answered {request.method} {request.path}")
        if call.verb == "list":
            for item in found.get("items") or ():
                item.setdefault("kind", call.resource.kind)
                item.setdefault("apiVersion", call.resource.api_version)
        return found

    async def events(self, call: Call) -> AsyncIterator[WatchEvent]:
        async for line in _lines(self.receive(request_of(call))):
            yield _event(line)

    async def raw(self, path: str, *, query: Mapping[str, str] | None = None, accept: str = JSON) -> bytes:
        return await self.send(Request("GET", path, without_empty(query), accept=accept))

    def stream(self, path: str, *, query: Mapping[str, str] | None = None, accept: str = JSON) -> AsyncIterator[bytes]:
        """As `raw` of what has no end (a log that is followed), in pieces as they arrive."""
        return self.receive(Request("GET", path, without_empty(query), accept=accept))


def failure(code: int, content: bytes) -> ApiError:
    """The error that an answer with an HTTP status of 400 or more means."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict) and document.get("kind") == "Status":
        return ApiError({**document, "code": document.get("code") or code})
    text = content.decode(errors="replace").strip() or f"HTTP {code}"
    return status_error(code, "NotFound" if code == 404 else "", text)


def without_empty(query: Mapping[str, str] | None) -> dict[str, str]:
    """The query parameters that say something."""
    return {key: value for key, value in (query or {}).items() if value}


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines of any length."""
    rest = b""
    async for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        for line in complete:
            if line:
                yield line


def _event(line: bytes) -> WatchEvent:
    try:
        document: dict[str, Any] = orjson.loads(line)
        kind, item = document["type"], document["object"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise ConnectionError(f"the server sent what is no watch event: {line[:200]!r}") from error
    if kind == "ERROR":
        raise ApiError(item)
    return WatchEvent(cast(EventType, kind), item)
