"""`Client` as URLs and JSON: what all clients that speak HTTP have in common, whatever carries their bytes.

A subclass sends one request, or opens one endless answer; the mapping of verbs, selectors, patches, preconditions and
Status answers is here, once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

import orjson

from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.client import EventType, ObjectList, PatchType, WatchEvent
from liqolab.controller.kubeconfig import Access

JSON = "application/json"
REQUEST_SECONDS = 60.0
WATCH_SECONDS = 540
"""How long one watch lasts; the server ends it then, and informers ask again."""

_PATCH_TYPES: dict[PatchType, str] = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `query` holds no empty values, `body` is encoded."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes | None = None
    content_type: str = JSON
    accept: str = JSON


class RestClient(ABC):
    """A `liqolab.controller.client.Client`; an asynchronous context manager, used by one event loop."""

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
    def stream(self, path: str, *, query: dict[str, str] | None = None) -> AsyncIterator[bytes]:
        """GET an open-ended body (a watch, a log that is followed), in pieces as they arrive. Raises as `send`."""

    @abstractmethod
    async def close(self) -> None:
        """Release connections; the client is of no use afterwards."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        return await self._json("GET", resource.path(namespace, name))

    async def list(
        self, resource: Resource, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> ObjectList:
        query = {"labelSelector": labels, "fieldSelector": fields}
        answer = await self._json("GET", resource.path(namespace), query)
        items = cast(Objects, answer.get("items") or [])
        for item in items:
            item.setdefault("kind", resource.kind)
            item.setdefault("apiVersion", resource.api_version)
        return ObjectList(items, str(answer.get("metadata", {}).get("resourceVersion", "")))

    async def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        resource_version: str,
        labels: str = "",
        fields: str = "",
    ) -> AsyncIterator[WatchEvent]:
        query = {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(WATCH_SECONDS),
            "labelSelector": labels,
            "fieldSelector": fields,
        }
        async for line in _lines(self.stream(resource.path(namespace), query=query)):
            yield _event(line)

    async def create(
        self,
        resource: Resource,
        body: Object,
        namespace: str | None = None,
        *,
        name: str | None = None,
        subresource: str | None = None,
    ) -> Object:
        space = namespace or (body.get("metadata") or {}).get("namespace")
        return await self._json("POST", resource.path(space, name, subresource), body=body)

    async def update(self, resource: Resource, body: Object, *, subresource: str | None = None) -> Object:
        metadata = body["metadata"]
        path = resource.path(metadata.get("namespace"), metadata["name"], subresource)
        return await self._json("PUT", path, body=body)

    async def patch(
        self,
        resource: Resource,
        name: str,
        body: Object | Objects,
        namespace: str | None = None,
        *,
        type: PatchType = "merge",
        subresource: str | None = None,
        field_manager: str = "",
        force: bool = False,
    ) -> Object:
        query = {"fieldManager": field_manager, "force": "true" if force else ""}
        path = resource.path(namespace, name, subresource)
        return await self._json("PATCH", path, query, body=body, content_type=_PATCH_TYPES[type])

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        *,
        grace_seconds: int | None = None,
        propagation: Literal["Foreground", "Background", "Orphan"] | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
    ) -> Object:
        options: Object = {"kind": "DeleteOptions", "apiVersion": "v1"}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        if propagation:
            options["propagationPolicy"] = propagation
        preconditions = {"uid": uid, "resourceVersion": resource_version}
        if any(preconditions.values()):
            options["preconditions"] = {key: value for key, value in preconditions.items() if value}
        return await self._json("DELETE", resource.path(namespace, name), body=options)

    async def raw(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Object | None = None,
        accept: str = JSON,
    ) -> bytes:
        data = None if body is None else orjson.dumps(body)
        return await self.send(Request(method, path, without_empty(query), data, accept=accept))

    async def _json(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        body: Object | Objects | None = None,
        content_type: str = JSON,
    ) -> Object:
        data = None if body is None else orjson.dumps(body)
        answer = await self.send(Request(method, path, without_empty(query), data, content_type))
        try:
            return cast(Object, orjson.loads(answer))
        except orjson.JSONDecodeError as error:
            raise ConnectionError(f"{self.access.server} answered {method} {path} with what is no JSON") from error


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


def without_empty(query: dict[str, str] | None) -> dict[str, str]:
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
