"""`Client` for commands that live for a second, on asyncio streams and h11.

aiohttp would do the same, but importing it takes longer than most commands run, and a tutorial starts some thirty of
them. What is left out is what only long-lived programs need: renewed tokens, and dialling through a pod's network.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from urllib.parse import urlencode, urlsplit

import h11

from liqolab.controller.kubeconfig import Access
from liqolab.controller.rest import REQUEST_SECONDS, Request, RestClient, failure, without_empty
from liqolab.controller.tls import client_tls

_CHUNK = 64 * 1024
_CLOSE_SECONDS = 0.5
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


class BriefClient(RestClient):
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
        self._idle: list[_Connection] = []
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

    async def stream(self, path: str, *, query: dict[str, str] | None = None) -> AsyncIterator[bytes]:
        connection = await self._connect()
        try:
            status = await connection.request(*self._head(Request("GET", path, without_empty(query))), None)
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
            except _ClosedUnansweredError:
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

    async def _connect(self) -> _Connection:
        try:
            return await _Connection.open(self._host, self._port, self._tls, self._server_name)
        except OSError as error:
            raise UnreachableError(self.access.server, error) from error


class _ClosedUnansweredError(ConnectionError):
    """The peer closed the connection before it answered anything."""


class _Connection:
    """One HTTP/1.1 connection; carries one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=_CHUNK)

    @classmethod
    async def open(cls, host: str, port: int, tls: ssl.SSLContext | None, server_name: str | None) -> _Connection:
        return cls(*await asyncio.open_connection(host, port, ssl=tls, server_hostname=server_name))

    async def request(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes | None) -> int:
        """Send a request and return the status of its answer; `body` then has the rest.

        Raises:
            _ClosedUnansweredError: the peer closed instead of answering.
            ConnectionError: it closed half-way, or does not speak HTTP.
        """
        events: list[h11.Event] = [h11.Request(method=method, target=target, headers=headers)]
        events += [h11.Data(data=body)] if body else []
        events.append(h11.EndOfMessage())
        try:
            self._writer.write(b"".join(self._protocol.send(event) or b"" for event in events))
            await self._writer.drain()
        except ConnectionError as error:
            raise _ClosedUnansweredError(str(error) or "the connection was reset") from None
        event = await self._next()
        while isinstance(event, h11.InformationalResponse):
            event = await self._next()
        if not isinstance(event, h11.Response):
            raise _ClosedUnansweredError("the server closed the connection without an answer")
        return event.status_code

    async def body(self) -> AsyncIterator[bytes]:
        """The pieces of the answer's body."""
        while not isinstance(event := await self._next(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            else:
                raise ConnectionError("the server closed the connection within its answer")

    def reusable(self) -> bool:
        """Get ready for another request; False when the connection has served its last."""
        if self._protocol.our_state is not h11.DONE or self._protocol.their_state is not h11.DONE:
            return False
        self._protocol.start_next_cycle()
        return True

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            # A peer may keep its half open for long; there is nothing left to learn from it.
            await asyncio.wait_for(self._writer.wait_closed(), _CLOSE_SECONDS)

    async def _next(self) -> h11.Event | type[h11.PAUSED]:
        try:
            while (event := self._protocol.next_event()) is h11.NEED_DATA:
                self._protocol.receive_data(await self._reader.read(_CHUNK))
        except h11.RemoteProtocolError as error:
            raise ConnectionError(f"the server's answer is not HTTP: {error}") from None
        except ConnectionError as error:
            raise _ClosedUnansweredError(str(error) or "the connection was reset") from None
        return event  # type: ignore[return-value]  # h11's type still has NEED_DATA, which the loop has ruled out
