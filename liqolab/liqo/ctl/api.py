"""A `Client` for commands that live for a second: HTTP/1.1 on asyncio streams.

`liqolab.controller.http.HttpClient` does the same on aiohttp, whose import takes longer than most of these commands
run; a tutorial starts twenty of them. What is left out here is what only long-lived programs need: renewed tokens and
dialling through a pod's network.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Final, Literal, Self, cast
from urllib.parse import urlencode, urlsplit

import orjson

from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.client import ObjectList, PatchType, WatchEvent
from liqolab.controller.kubeconfig import Access
from liqolab.liqo.ctl.failures import UnreachableError
from liqolab.liqo.ctl.wire import Answer, Connection, ConnectionClosedError

_PATCH_TYPES: Final[dict[PatchType, str]] = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}
_REQUEST_SECONDS: Final = 30.0
_CONNECTIONS: Final = 6


class CommandClient:
    """See `liqolab.controller.client.Client`. An asynchronous context manager; used by one event loop."""

    def __init__(self, access: Access) -> None:
        url = urlsplit(access.server)
        self.server = access.server
        self._host = url.hostname or ""
        self._prefix = url.path.rstrip("/")
        self._port = url.port or (443 if url.scheme == "https" else 80)
        self._tls = _tls(access) if url.scheme == "https" else None
        self._server_name = (access.tls_server_name or self._host) if self._tls else None
        self._headers = {"Host": url.netloc, "Accept": "application/json", "User-Agent": "liqoctl"}
        if access.token:
            self._headers["Authorization"] = f"Bearer {access.token}"
        self._idle: list[Connection] = []
        self._slots = asyncio.Semaphore(_CONNECTIONS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        return await self._json("GET", resource.path(namespace, name))

    async def list(
        self, resource: Resource, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> ObjectList:
        query = {"labelSelector": labels, "fieldSelector": fields}
        document = await self._json("GET", resource.path(namespace), query=query)
        items = document.get("items") or []
        for item in items:
            item.setdefault("kind", resource.kind)
            item.setdefault("apiVersion", resource.api_version)
        return ObjectList(items, str((document.get("metadata") or {}).get("resourceVersion", "")))

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
            "resourceVersion": resource_version,
            "labelSelector": labels,
            "fieldSelector": fields,
        }
        connection = await self._connect()
        try:
            answer = await connection.request("GET", self._target(resource.path(namespace), query), self._headers)
            if answer.status >= 400:
                raise _failure(answer.status, await connection.body(answer))
            async for line in connection.lines(answer):
                event = orjson.loads(line)
                if event["type"] == "ERROR":
                    raise ApiError(event["object"])
                yield WatchEvent(event["type"], event["object"])
        finally:
            await connection.close()

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
        return await self._json(
            "PUT", resource.path(metadata.get("namespace"), metadata["name"], subresource), body=body
        )

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
        return await self._json("PATCH", path, query=query, body=body, content_type=_PATCH_TYPES[type])

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
        conditions = {"uid": uid, "resourceVersion": resource_version}
        if any(conditions.values()):
            options["preconditions"] = {key: value for key, value in conditions.items() if value}
        return await self._json("DELETE", resource.path(namespace, name), body=options)

    async def raw(
        self, method: str, path: str, *, query: dict[str, str] | None = None, body: Object | None = None
    ) -> bytes:
        return await self._request(method, self._target(path, query), body, "application/json")

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()

    def _target(self, path: str, query: dict[str, str] | None = None) -> str:
        given = {key: value for key, value in (query or {}).items() if value}
        return self._prefix + path + (f"?{urlencode(given)}" if given else "")

    async def _json(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Object:
        return cast(Object, orjson.loads(await self._request(method, self._target(path, query), body, content_type)))

    async def _request(self, method: str, target: str, body: Any, content_type: str) -> bytes:
        data = None if body is None else orjson.dumps(body)
        headers = self._headers if data is None else {**self._headers, "Content-Type": content_type}
        try:
            async with self._slots, asyncio.timeout(_REQUEST_SECONDS):
                answer, content = await self._exchange(method, target, headers, data)
        except TimeoutError:
            raise TimeoutError(f"{self.server} did not answer within {_REQUEST_SECONDS:.0f}s") from None
        if answer.status >= 400:
            raise _failure(answer.status, content)
        return content

    async def _exchange(
        self, method: str, target: str, headers: dict[str, str], data: bytes | None
    ) -> tuple[Answer, bytes]:
        while True:
            reused = bool(self._idle)
            connection = self._idle.pop() if reused else await self._connect()
            try:
                answer = await connection.request(method, target, headers, data)
                content = await connection.body(answer)
            except ConnectionClosedError:
                # The server gave up an idle connection; it has not seen this request.
                await connection.close()
                if not reused:
                    raise
                continue
            except BaseException:
                await connection.close()
                raise
            if answer.keep_alive:
                self._idle.append(connection)
            else:
                await connection.close()
            return answer, content

    async def _connect(self) -> Connection:
        try:
            return await Connection.open(self._host, self._port, self._tls, self._server_name)
        except OSError as error:
            raise UnreachableError(self.server, error) from error


def _tls(access: Access) -> ssl.SSLContext:
    if access.insecure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context = ssl.create_default_context(cadata=access.ca.decode() if access.ca else None)
    if access.certificate and access.key:
        # The ssl module loads a client key from files only; this one is private and gone at once.
        with tempfile.NamedTemporaryFile() as file:
            file.write(access.certificate.rstrip() + b"\n" + access.key)
            file.flush()
            context.load_cert_chain(file.name)
    return context


def _failure(code: int, content: bytes) -> ApiError:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict) and document.get("kind") == "Status":
        return ApiError({**document, "code": document.get("code") or code})
    text = content.decode(errors="replace").strip() or f"HTTP {code}"
    return status_error(code, "NotFound" if code == 404 else "", text)
