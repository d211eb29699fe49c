"""`Client` over HTTPS: what controllers, Liqo's programs and the command lines use to talk to any API server.

Thin on purpose: objects stay plain JSON, so a client costs no model classes and no import time beyond aiohttp, and a
field that this project does not know survives a read-modify-write.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import tempfile
import time
from collections.abc import AsyncIterator
from typing import Any, Literal, cast
from urllib.parse import urlsplit

import aiohttp
import orjson

from liqolab.apimachinery.errors import ApiError, status_error
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.client import EventType, ObjectList, PatchType, WatchEvent
from liqolab.controller.dialing import Dial, DialConnector, tcp_dial, unverified_tls
from liqolab.controller.kubeconfig import Access, load
from liqolab.program import SERVICE_ACCOUNT_PATH, Container

_PATCH_TYPES: dict[PatchType, str] = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
    "apply": "application/apply-patch+yaml",
}
_REQUEST_SECONDS = 60.0
_WATCH_SECONDS = 540
_TOKEN_REREAD_SECONDS = 60.0


class HttpClient:
    """A `liqolab.controller.client.Client` for one API server with one identity."""

    def __init__(self, access: Access, *, dial: Dial | None = None, user_agent: str = "liqolab") -> None:
        """Connections are opened lazily, through `dial` (default: TCP)."""
        self.access = access
        self._dial = dial or tcp_dial
        self._tls = client_tls(access)
        self._headers = {"Accept": "application/json", "User-Agent": user_agent}
        self._opened: aiohttp.ClientSession | None = None
        self._container: Container | None = None
        self._token = access.token
        self._token_read = float("-inf")

    @classmethod
    def from_kubeconfig(
        cls, path: str | os.PathLike[str] | None = None, context: str | None = None, *, user_agent: str = "liqolab"
    ) -> HttpClient:
        """Raises `KubeconfigError` when the file gives no access."""
        return cls(load(path, context), user_agent=user_agent)

    @classmethod
    def in_cluster(cls, container: Container) -> HttpClient:
        """The identity of a container's service account, towards the API server of its own cluster. The token is
        read again every minute, since the node renews it.
        """
        host = container.env["KUBERNETES_SERVICE_HOST"]
        port = container.env.get("KUBERNETES_SERVICE_PORT", "443")
        ca = container.path(f"{SERVICE_ACCOUNT_PATH}/ca.crt").read_bytes()
        access = Access(f"https://{host}:{port}", ca=ca, namespace=container.namespace)
        client = cls(access, dial=container.network.dial, user_agent=container.name)
        client._container = container
        return client

    async def get(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        return await self._json("GET", resource.path(namespace, name))

    async def list(
        self, resource: Resource, namespace: str | None = None, *, labels: str = "", fields: str = ""
    ) -> ObjectList:
        answer = await self._json("GET", resource.path(namespace), query=_selectors(labels, fields))
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
        query = _selectors(labels, fields) | {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": resource_version,
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_REQUEST_SECONDS, sock_read=_WATCH_SECONDS + 60)
        try:
            async with self._session().get(
                self.access.server + resource.path(namespace),
                params=query,
                headers=self._authorization(),
                ssl=self._tls,
                timeout=timeout,
            ) as answer:
                if answer.status >= 400:
                    raise _failure(answer.status, await answer.read())
                async for line in _lines(answer.content):
                    yield _event(line)
        except aiohttp.ClientError as error:
            raise _unreachable(self.access.server, error) from error

    async def create(
        self,
        resource: Resource,
        body: Object,
        namespace: str | None = None,
        *,
        name: str | None = None,
        subresource: str | None = None,
    ) -> Object:
        space = namespace or body.get("metadata", {}).get("namespace")
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
        query = {"fieldManager": field_manager} if field_manager else {}
        if force:
            query["force"] = "true"
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
        accept: str | None = None,
    ) -> bytes:
        return await self._request(method, path, query=query, body=body, accept=accept)

    async def stream(self, path: str, *, query: dict[str, str] | None = None) -> AsyncIterator[bytes]:
        """GET an open-ended body (pod logs that are followed), chunk by chunk as it arrives."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_REQUEST_SECONDS)
        try:
            async with self._session().get(
                self.access.server + path, params=query, headers=self._authorization(), ssl=self._tls, timeout=timeout
            ) as answer:
                if answer.status >= 400:
                    raise _failure(answer.status, await answer.read())
                async for chunk in answer.content.iter_any():
                    yield chunk
        except aiohttp.ClientError as error:
            raise _unreachable(self.access.server, error) from error

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    async def __aenter__(self) -> HttpClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            timeout = aiohttp.ClientTimeout(total=_REQUEST_SECONDS)
            self._opened = aiohttp.ClientSession(
                connector=DialConnector(self._dial), headers=self._headers, timeout=timeout, auto_decompress=True
            )
        return self._opened

    def _authorization(self) -> dict[str, str]:
        if self._container is not None and time.monotonic() - self._token_read > _TOKEN_REREAD_SECONDS:
            self._token = self._container.path(f"{SERVICE_ACCOUNT_PATH}/token").read_text().strip()
            self._token_read = time.monotonic()
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    async def _json(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Object | Objects | None = None,
        content_type: str = "application/json",
    ) -> Object:
        data = await self._request(method, path, query=query, body=body, content_type=content_type)
        return cast(Object, orjson.loads(data))

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Object | Objects | None = None,
        content_type: str = "application/json",
        accept: str | None = None,
    ) -> bytes:
        headers = self._authorization()
        if accept is not None:
            headers["Accept"] = accept
        data = None
        if body is not None:
            data = orjson.dumps(body)
            headers["Content-Type"] = content_type
        try:
            async with self._session().request(
                method, self.access.server + path, params=query, data=data, headers=headers, ssl=self._tls
            ) as answer:
                content = await answer.read()
                if answer.status >= 400:
                    raise _failure(answer.status, content)
                return content
        except aiohttp.ClientError as error:
            raise _unreachable(self.access.server, error) from error


def client_tls(access: Access) -> ssl.SSLContext | bool:
    """The TLS side of an `Access`; False for plain HTTP servers."""
    if urlsplit(access.server).scheme != "https":
        return False
    if access.insecure:
        context = unverified_tls()
    else:
        context = ssl.create_default_context(cadata=access.ca.decode() if access.ca else None)
    if access.certificate and access.key:
        # The ssl module loads a client key from files only; this one is private and gone at once.
        with tempfile.NamedTemporaryFile() as file:
            file.write(access.certificate.rstrip() + b"\n" + access.key)
            file.flush()
            context.load_cert_chain(file.name)
    return context


def _selectors(labels: str, fields: str) -> dict[str, str]:
    query = {"labelSelector": labels, "fieldSelector": fields}
    return {key: value for key, value in query.items() if value}


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """Lines of any length: StreamReader's own readline refuses those over its buffer's limit."""
    rest = b""
    async for chunk in stream.iter_any():
        *complete, rest = (rest + chunk).split(b"\n")
        for line in complete:
            if line:
                yield line


def _event(line: bytes) -> WatchEvent:
    document: dict[str, Any] = orjson.loads(line)
    if document["type"] == "ERROR":
        raise ApiError(document["object"])
    return WatchEvent(cast(EventType, document["type"]), document["object"])


def _failure(code: int, content: bytes) -> ApiError:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict) and document.get("kind") == "Status":
        return ApiError({**document, "code": document.get("code", code)})
    text = content.decode(errors="replace").strip() or f"HTTP {code}"
    return status_error(code, "NotFound" if code == 404 else "", text)


def _unreachable(server: str, error: Exception) -> OSError:
    if isinstance(error, asyncio.TimeoutError):
        return TimeoutError(f"{server} did not answer in time")
    cause = getattr(error, "os_error", None) or error
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return ConnectionError(f"{server}: {text}")
