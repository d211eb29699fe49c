"""`Client` over HTTPS for programs that stay: controllers and Liqo's components, on aiohttp.

Thin on purpose: objects stay plain JSON, so a client costs no model classes, and a field that this project does not
know survives a read-modify-write.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import aiohttp
from multidict import CIMultiDict

from liqolab.controller.dialing import Dial, DialConnector
from liqolab.controller.kubeconfig import Access, load
from liqolab.controller.rest import REQUEST_SECONDS, WATCH_SECONDS, Request, RestClient, failure
from liqolab.controller.tcp import tcp_dial
from liqolab.controller.tls import client_tls
from liqolab.controller.upgrades import PROTOCOLS_HEADER, SPDY, Stream, streams
from liqolab.program import SERVICE_ACCOUNT_PATH, Container

_TOKEN_REREAD_SECONDS = 60.0


class HttpClient(RestClient):
    """A client for one API server with one identity."""

    def __init__(self, access: Access, *, dial: Dial | None = None, user_agent: str = "liqolab") -> None:
        """Connections are opened lazily, through `dial` (default: TCP)."""
        super().__init__(access)
        self._dial = dial or tcp_dial
        self._tls = client_tls(access) or False
        self._headers = {"User-Agent": user_agent}
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

    async def send(self, request: Request) -> bytes:
        try:
            async with self._ask(request) as answer:
                content = await answer.read()
        except aiohttp.ClientError as error:
            raise _unreachable(self.access.server, error) from error
        if answer.status >= 400:
            raise failure(answer.status, content)
        return content

    async def receive(self, request: Request) -> AsyncIterator[bytes]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=REQUEST_SECONDS, sock_read=WATCH_SECONDS + 60)
        try:
            async with self._ask(request, timeout=timeout) as answer:
                if answer.status >= 400:
                    raise failure(answer.status, await answer.read())
                async for chunk in answer.content.iter_any():
                    yield chunk
        except aiohttp.ClientError as error:
            raise _unreachable(self.access.server, error) from error

    async def websocket(
        self, path: str, query: Iterable[tuple[str, str]], protocols: Sequence[str]
    ) -> aiohttp.ClientWebSocketResponse:
        """A WebSocket to the API server, for ``pods/exec`` and its like.

        Raises:
            ApiError: it refuses.
            OSError: it does not answer.
        """
        try:
            return await self._session().ws_connect(
                f"{self.access.server}{path}?{urlencode(list(query))}",
                headers=self._authorization(),
                protocols=protocols,
                ssl=self._tls,
                max_msg_size=0,
            )
        except aiohttp.WSServerHandshakeError as error:
            raise failure(error.status, b"") from error
        except aiohttp.ClientError as error:
            raise _unreachable(self.access.server, error) from error

    @asynccontextmanager
    async def upgraded(
        self, path: str, query: Iterable[tuple[str, str]], protocols: Sequence[str]
    ) -> AsyncIterator[tuple[str, Stream]]:
        """A connection to the API server that goes on in SPDY, and the protocol that is spoken within it.

        Raises:
            ApiError: it refuses.
            OSError: it does not answer.
        """
        headers = CIMultiDict({"Connection": "Upgrade", "Upgrade": SPDY, **self._authorization()})
        for protocol in protocols:
            headers.add(PROTOCOLS_HEADER, protocol)
        url = f"{self.access.server}{path}?{urlencode(list(query))}"
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=REQUEST_SECONDS)
        try:
            answer = await self._session().post(url, headers=headers, ssl=self._tls, timeout=timeout)
        except aiohttp.ClientError as error:
            raise _unreachable(self.access.server, error) from error
        async with answer:
            transport = answer.connection.transport if answer.connection is not None else None
            if answer.status != HTTPStatus.SWITCHING_PROTOCOLS or transport is None:
                raise failure(answer.status, await answer.read())
            yield answer.headers.get(PROTOCOLS_HEADER, ""), streams(transport)

    async def renew(self, access: Access) -> None:
        """Go on with another access. Requests that are under way fail as if the connection had been lost."""
        self.access = access
        self._tls = client_tls(access) or False
        self._token = access.token
        await self.close()

    async def close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.close()

    def _ask(self, request: Request, **more: Any) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        headers = {"Accept": request.accept, **self._authorization()}
        if request.body is not None:
            headers["Content-Type"] = request.content_type
        return self._session().request(
            request.method,
            self.access.server + request.path,
            params=request.query,
            data=request.body,
            headers=headers,
            ssl=self._tls,
            **more,
        )

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
            self._opened = aiohttp.ClientSession(
                connector=DialConnector(self._dial), headers=self._headers, timeout=timeout
            )
        return self._opened

    def _authorization(self) -> dict[str, str]:
        if self._container is not None and time.monotonic() - self._token_read > _TOKEN_REREAD_SECONDS:
            self._token = self._container.path(f"{SERVICE_ACCOUNT_PATH}/token").read_text().strip()
            self._token_read = time.monotonic()
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}


def _unreachable(server: str, error: Exception) -> OSError:
    if isinstance(error, asyncio.TimeoutError):
        return TimeoutError(f"{server} did not answer in time")
    cause = getattr(error, "os_error", None) or error
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return ConnectionError(f"{server}: {text}")
