"""`Client` for commands that live for a second, on asyncio streams and h11.

aiohttp would do the same, but importing it takes longer than most commands run, and a tutorial starts some thirty of
them. What is left out is what only long-lived programs need: renewed tokens, and dialling through a pod's network.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode, urlsplit

from liqolab.controller.h11_connection import ClosedUnansweredError, Connection
from liqolab.controller.kubeconfig import Access
from liqolab.controller.rest import REQUEST_SECONDS, Request, RestClient, failure
from liqolab.controller.tls import client_tls

_CONNECTIONS = 6


class UnreachableError(ConnectionError):
    """No connection to the API server; worded like kubectl's."""

    def __init__(self, server: str, error: OSError) -> None:
        if isinstance(error, ConnectionRefusedError) or "Connect call failed" in str(error):
            where = server.removeprefix("https://").removeprefix("http://")
            text = f"The connection to the server {where} was refused - did you specify the right host or port?"
        else:
            reason = getattr(error, "verify_message", "") or error.strerror or str(error)
            text = f"Unable to connect to the server {server}: {reason}"
        super().__init__(text)


class ShortLivedClient(RestClient):
    """A client that keeps a few connections open while its command runs."""

    def __init__(self, access: Access, *, user_agent: str) -> None:
        super().__init__(access)
        url = urlsplit(access.server)
        self._host = url.hostname or ""
        self._port = url.port or (443 if url.scheme == "https" else 80)
        self._prefix = url.path.rstrip("/")
        self._tls = client_tls(access)
        self._server_name = (access.tls_server_name or self._host) if self._tls else None
        self._headers = [("Host", url.netloc), ("User-Agent", user_agent)]
        if access.token:
            self._headers.append(("Authorization", f"Bearer {access.token}"))
        self._idle: list[Connection] = []
        self._slots = asyncio.Semaphore(_CONNECTIONS)

    async def send(self, request: Request) -> bytes:
        try:
            async with self._slots, asyncio.timeout(REQUEST_SECONDS):
                status, content = await self._exchange(request)
        except TimeoutError:
            raise TimeoutError(f"{self.access.server} did not answer within {REQUEST_SECONDS:.0f}s") from None
        if status >= 400:
            raise failure(status, content)
        return content

    async def receive(self, request: Request) -> AsyncIterator[bytes]:
        connection = await self._connect()
        try:
            status = await connection.request(*self._head(request), None)
            if status >= 400:
                raise failure(status, b"".join([chunk async for chunk in connection.body()]))
            async for chunk in connection.body():
                yield chunk
        finally:
            await connection.close()

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()

    async def _exchange(self, request: Request) -> tuple[int, bytes]:
        while True:
            reused = bool(self._idle)
            connection = self._idle.pop() if reused else await self._connect()
            try:
                status = await connection.request(*self._head(request), request.body)
                content = b"".join([chunk async for chunk in connection.body()])
            except ClosedUnansweredError:
                # The server gave up an idle connection; it has not seen this request.
                await connection.close()
                if not reused:
                    raise
                continue
            except BaseException:
                await connection.close()
                raise
            if connection.reusable():
                self._idle.append(connection)
            else:
                await connection.close()
            return status, content

    def _head(self, request: Request) -> tuple[str, str, list[tuple[str, str]]]:
        headers = [*self._headers, ("Accept", request.accept)]
        if request.body is not None:
            headers += [("Content-Type", request.content_type), ("Content-Length", str(len(request.body)))]
        query = f"?{urlencode(request.query)}" if request.query else ""
        return request.method, self._prefix + request.path + query, headers

    async def _connect(self) -> Connection:
        try:
            streams = await asyncio.open_connection(
                self._host, self._port, ssl=self._tls, server_hostname=self._server_name
            )
        except OSError as error:
            raise UnreachableError(self.access.server, error) from error
        return Connection(*streams)
