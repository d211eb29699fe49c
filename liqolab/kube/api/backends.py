"""How the API server reaches kubelets, pods and services: over HTTP, through the pod network."""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from liqolab.apimachinery.errors import status_error
from liqolab.controller.dialing import Dial, DialConnector
from liqolab.controller.tls import unverified_tls
from liqolab.controller.websockets import offered, relay
from liqolab.kube.api.links import link, through_proxy

_HOP_BY_HOP: Final = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
    )
)
_PRIVATE: Final = frozenset(("authorization", "cookie", "host", "accept-encoding"))
"""Headers of the client that are none of the backend's business, besides the hop-by-hop ones."""

_REASONS: Final = {400: "BadRequest", 404: "NotFound", 403: "Forbidden", 401: "Unauthorized"}
_READERS: Final = ("binary.k8s.io", "base64.binary.k8s.io")
"""How a text is cut into messages."""

_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10)


class Backends:
    """One connection pool over the pod network. `close` it with the cluster."""

    def __init__(self, dial: Dial, kubelet_tls: ssl.SSLContext) -> None:
        """Args:
        dial: opens connections, by address or service name.
        kubelet_tls: how the API server shows kubelets who it is.
        """
        self.dial = dial
        self._kubelet_tls = kubelet_tls
        self._any_tls = unverified_tls()
        self._session: aiohttp.ClientSession | None = None

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=DialConnector(self.dial), timeout=_TIMEOUT, auto_decompress=False
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def forward(self, request: web.BaseRequest, url: str, *, kubelet: bool = False) -> web.StreamResponse:
        """Pass a request on to `url`, and the answer back, as it comes.

        Raises:
            ApiError: 502 (500 for a kubelet) when nobody answers.
        """
        headers = CIMultiDict(
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in _HOP_BY_HOP and name.lower() not in _PRIVATE
        )
        body = await request.read() if request.can_read_body else None
        async with self._open(request.method, url, kubelet=kubelet, headers=headers, data=body) as answer:
            response = web.StreamResponse(status=answer.status, reason=answer.reason)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    response.headers.add(name, value)
            if kubelet:
                return await _copy(request, answer, response)
            return await _copy_page(request, answer, response)

    async def stream_text(self, request: web.BaseRequest, url: str) -> web.StreamResponse:
        """A kubelet's text (a log) as the answer to `request`; its refusals become Statuses.

        Raises:
            ApiError: what the kubelet refused, or 500 when it does not answer.
        """
        async with self._open("GET", url, kubelet=True) as answer:
            if answer.status >= 400:
                reason = _REASONS.get(answer.status, "InternalError" if answer.status >= 500 else "")
                raise status_error(answer.status, reason, (await answer.text()).strip())
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await _copy_to_socket(request, answer)
            response = web.StreamResponse(headers={"Content-Type": "text/plain"})
            return await _copy(request, answer, response)

    async def read(self, url: str) -> bytes:
        """What a kubelet answers.

        Raises:
            ApiError: it refuses, or does not answer.
        """
        async with self._open("GET", url, kubelet=True) as answer:
            content = await answer.read()
        if answer.status >= 400:
            raise status_error(answer.status, _REASONS.get(answer.status, ""), content.decode(errors="replace").strip())
        return content

    async def open(self, url: str, protocols: Sequence[str]) -> aiohttp.ClientWebSocketResponse:
        """A WebSocket to a kubelet.

        Raises:
            ApiError: what the kubelet refused, or 500 when it does not answer.
        """
        try:
            return await self._client().ws_connect(url, ssl=self._kubelet_tls, protocols=protocols, max_msg_size=0)
        except aiohttp.WSServerHandshakeError as error:
            raise status_error(500, "InternalError", await self._refusal(url) or error.message) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise status_error(500, "", f"error dialing backend: {error}") from error

    async def relay(self, request: web.BaseRequest, url: str) -> web.StreamResponse:
        """Pass the messages of a WebSocket on to a kubelet's, and back.

        Raises:
            ApiError: as for `open`.
        """
        return await relay(request, await self.open(url, offered(request)))

    async def _refusal(self, url: str) -> str:
        """Why a kubelet does not open a WebSocket, which it says to whom asks without one."""
        async with self._open("GET", url, kubelet=True) as answer:
            return (await answer.text()).strip()

    @asynccontextmanager
    async def _open(
        self, method: str, url: str, *, kubelet: bool, **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer of a backend; failures to connect become Statuses."""
        tls = self._kubelet_tls if kubelet else self._any_tls
        try:
            answer = await self._client().request(method, url, ssl=tls, allow_redirects=False, **options)
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            reason = getattr(error, "os_error", None) or error
            text = f'{method.capitalize()} "{url}": {getattr(reason, "strerror", None) or reason}'
            if kubelet:
                raise status_error(500, "", text) from error
            details = {"causes": [{"reason": "UnexpectedServerResponse", "message": text}]}
            raise status_error(503, "ServiceUnavailable", f"error trying to reach service: {text}", details) from error
        async with answer:
            yield answer


async def _copy_to_socket(request: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """A text as messages, for a client that asks for a WebSocket."""
    socket = web.WebSocketResponse(protocols=_READERS)
    await socket.prepare(request)
    try:
        async for chunk in answer.content.iter_any():
            if socket.ws_protocol == _READERS[1]:
                await socket.send_str(base64.b64encode(chunk).decode())
            else:
                await socket.send_bytes(chunk)
    finally:
        await socket.close()
    return socket


async def _copy_page(
    request: web.BaseRequest, answer: aiohttp.ClientResponse, response: web.StreamResponse
) -> web.StreamResponse:
    """A page, or where it leads, with links that stay within the proxy; anything else as it comes."""
    path = request.rel_url.raw_path
    prefix = path.removesuffix(answer.url.raw_path).rstrip("/") if answer.url.raw_path != "/" else path.rstrip("/")
    hosts = frozenset((answer.url.authority, request.host))
    if "Location" in response.headers:
        response.headers["Location"] = link(response.headers["Location"], prefix, hosts)
    if answer.content_type != "text/html" or "Content-Encoding" in answer.headers or request.method == "HEAD":
        return await _copy(request, answer, response)
    encoding = answer.charset or "utf-8"
    page = through_proxy((await answer.read()).decode(encoding, errors="replace"), prefix, hosts)
    await response.prepare(request)
    await response.write_eof(page.encode(encoding, errors="replace"))
    return response


async def _copy(
    request: web.BaseRequest, answer: aiohttp.ClientResponse, response: web.StreamResponse
) -> web.StreamResponse:
    await response.prepare(request)
    try:
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
    except aiohttp.ClientPayloadError as error:
        raise ConnectionResetError("the backend has gone in the middle of its answer") from error
    await response.write_eof()
    return response
