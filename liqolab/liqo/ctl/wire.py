"""One HTTP/1.1 connection on asyncio streams: a request, its answer, and bodies of known, chunked or endless length."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

_HEAD_LIMIT = 64 * 1024
_CHUNK = 64 * 1024


class ConnectionClosedError(ConnectionError):
    """The peer closed the connection before it answered anything."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of a response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]

    @property
    def keep_alive(self) -> bool:
        return self.headers.get("connection", "").lower() != "close"

    @property
    def chunked(self) -> bool:
        return self.headers.get("transfer-encoding", "").lower() == "chunked"


class Connection:
    """Carries one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, host: str, port: int, tls: ssl.SSLContext | None, server_name: str | None) -> Connection:
        """Raises OSError (`ssl.SSLError` is one) when there is no way to the server."""
        streams = await asyncio.open_connection(host, port, ssl=tls, server_hostname=server_name, limit=_HEAD_LIMIT)
        return cls(*streams)

    async def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """Send a request and read the head of its answer.

        Raises:
            ConnectionClosedError: the peer closed instead of answering.
            ConnectionError: it closed half-way, or does not speak HTTP.
        """
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        try:
            self._writer.write(head + (body or b""))
            await self._writer.drain()
            raw = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise ConnectionError("the server closed the connection within its answer") from None
            raise ConnectionClosedError("the server closed the connection without an answer") from None
        except ConnectionError as error:
            raise ConnectionClosedError(str(error) or "the connection was reset") from None
        except asyncio.LimitOverrunError:
            raise ConnectionError("the server's answer is not HTTP") from None
        return _answer(raw)

    async def body(self, answer: Answer) -> bytes:
        """The whole body."""
        try:
            if answer.chunked:
                return b"".join([chunk async for chunk in self._chunks()])
            length = answer.headers.get("content-length")
            if length is None:
                return b"" if answer.status in (204, 304) else await self._reader.read()
            return await self._reader.readexactly(int(length))
        except asyncio.IncompleteReadError:
            raise ConnectionError("the server closed the connection within its answer") from None

    async def lines(self, answer: Answer) -> AsyncIterator[bytes]:
        """The lines of an endless body, of any length, until the server ends it."""
        rest = b""
        async for chunk in self._chunks() if answer.chunked else self._blocks():
            *complete, rest = (rest + chunk).split(b"\n")
            for line in complete:
                if line:
                    yield line

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            # A peer may keep its half open for long; there is nothing left to learn from it.
            await asyncio.wait_for(self._writer.wait_closed(), 0.5)

    async def _blocks(self) -> AsyncIterator[bytes]:
        while block := await self._reader.read(_CHUNK):
            yield block

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            try:
                size = int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16)
            except (asyncio.IncompleteReadError, ValueError):
                raise ConnectionError("the server closed the connection within its answer") from None
            if size:
                yield await self._reader.readexactly(size)
            await self._reader.readexactly(2)
            if not size:
                return


def _answer(raw: bytes) -> Answer:
    first, *rest = raw.decode("latin-1").split("\r\n")
    parts = first.split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not parts[1].isdecimal():
        raise ConnectionError("the server's answer is not HTTP")
    headers = {}
    for line in rest:
        name, separator, value = line.partition(":")
        if separator:
            headers[name.strip().lower()] = value.strip()
    return Answer(int(parts[1]), headers)
