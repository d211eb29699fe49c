"""HTTP/1.1 over a pair of asyncio streams, spoken by h11, where a whole HTTP client would cost more than the request.

It speaks over whatever the streams are (TCP, TLS, a socket of a pod's network) and leaves all else to its user: whom to
connect to, how long to wait, what a status means.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import h11

_CHUNK = 64 * 1024
_CLOSE_SECONDS = 0.5


class ClosedUnansweredError(ConnectionError):
    """The peer closed the connection before it answered anything."""


class Connection:
    """One connection, whoever opened it; carries one request at a time.

    Attributes:
        response: the head of the last answer; None before the first.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=_CHUNK)
        self.response: h11.Response | None = None

    async def request(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes | None) -> int:
        """Send a request and return the status of its answer; `body` then has the rest.

        Raises:
            ClosedUnansweredError: the peer closed instead of answering.
            ConnectionError: it closed half-way, or somebody does not speak HTTP.
        """
        try:
            events: list[h11.Event] = [h11.Request(method=method, target=target, headers=headers)]
            events += [h11.Data(data=body)] if body else []
            events.append(h11.EndOfMessage())
            self._writer.write(b"".join(self._protocol.send(event) or b"" for event in events))
            await self._writer.drain()
        except h11.LocalProtocolError as error:
            raise ConnectionError(f"the request is not HTTP: {error}") from None
        except ConnectionError as error:
            raise ClosedUnansweredError(str(error) or "the connection was reset") from None
        event = await self._next()
        while isinstance(event, h11.InformationalResponse):
            event = await self._next()
        if not isinstance(event, h11.Response):
            raise ClosedUnansweredError("the server closed the connection without an answer")
        self.response = event
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
            raise ClosedUnansweredError(str(error) or "the connection was reset") from None
        return event  # type: ignore[return-value]  # h11's type still has NEED_DATA, which the loop has ruled out
