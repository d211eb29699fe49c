"""SPDY/3.1 as Kubernetes' clients speak it: streams within one connection, for exec and port-forward.

kubectl up to 1.30 knows nothing else, and newer ones fall back to it. Only what they use is here: streams that the
client opens, their headers and data, half closes, resets and pings. Windows are not kept, as on the other side
(moby/spdystream): data waits for TCP.
https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Final


def _words(text: str) -> list[str]:
    return text.split()


_BEFORE: Final = _words(
    """
    options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges
    age allow authorization cache-control connection content-base content-encoding content-language
    content-length content-location content-md5 content-range content-type date etag expect expires from
    host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location
    max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te trailer
    transfer-encoding upgrade user-agent vary via warning www-authenticate method get status
    """
)
_AFTER: Final = _words("version HTTP/1.1 url public set-cookie keep-alive origin")
_VALUES: Final = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 "
    "Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 "
    "Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr "
    "May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/p"
    "ng,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-"
    "age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
_DICTIONARY: Final = (
    b"".join(struct.pack(">I", len(name)) + name.encode() for name in (*_BEFORE, "200 OK", *_AFTER)) + _VALUES.encode()
)
"""What both ends' compressors of headers know beforehand: names with their lengths, then common values."""

_SYN_STREAM, _SYN_REPLY, _RST_STREAM, _PING, _GOAWAY, _HEADERS = 1, 2, 3, 6, 7, 8
_VERSION: Final = 3
_FIN: Final = 1
_MAX_FRAME: Final = 1 << 24
_CHUNK: Final = 32 * 1024


class Stream:
    """One stream of a connection.

    Attributes:
        headers: what the client opened it with; names in lower case.
    """

    def __init__(self, connection: Connection, number: int, headers: dict[str, str]) -> None:
        self.headers = headers
        self._connection = connection
        self._number = number
        self._received: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._closed = False

    async def read(self) -> AsyncIterator[bytes]:
        """What the client sends, until it half-closes the stream or goes away."""
        while (piece := await self._received.get()) is not None:
            yield piece

    async def write(self, data: bytes) -> None:
        """Send data; none is sent after `close`."""
        for start in range(0, len(data), _CHUNK):
            await self._connection.send_data(self._number, data[start : start + _CHUNK])

    async def close(self) -> None:
        """Nothing more is sent on this stream."""
        if not self._closed:
            self._closed = True
            await self._connection.send_data(self._number, b"", _FIN)

    def receive(self, data: bytes | None) -> None:
        """Called by the connection; None is the end."""
        self._received.put_nowait(data)


class Connection:
    """The server's side of a connection that has been upgraded.

    Args:
        reader, writer: of the connection.
        opened: told of each stream that the client opens.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, opened: Callable[[Stream], None]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._opened = opened
        self._streams: dict[int, Stream] = {}
        self._inflater = zlib.decompressobj(zdict=_DICTIONARY)
        self._deflater = zlib.compressobj(zdict=_DICTIONARY)

    async def run(self) -> None:
        """Serve until the client goes away."""
        try:
            while True:
                first, second = struct.unpack(">II", await self._reader.readexactly(8))
                flags, length = second >> 24, second & (_MAX_FRAME - 1)
                payload = await self._reader.readexactly(length)
                if first >> 31:
                    await self._control(first & 0xFFFF, flags, payload)
                else:
                    self._data(first, flags, payload)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            for stream in self._streams.values():
                stream.receive(None)

    async def _control(self, kind: int, flags: int, payload: bytes) -> None:
        if kind == _SYN_STREAM:
            (number,) = struct.unpack(">I", payload[:4])
            stream = Stream(self, number, self._unpacked(payload[10:]))
            self._streams[number] = stream
            await self._send(_SYN_REPLY, struct.pack(">I", number) + self._packed({}))
            self._opened(stream)
            if flags & _FIN:
                stream.receive(None)
        elif kind == _RST_STREAM:
            (number,) = struct.unpack(">I", payload[:4])
            if number in self._streams:
                self._streams.pop(number).receive(None)
        elif kind == _PING:
            await self._send(_PING, payload)
        elif kind == _HEADERS:
            # Both compressors have to see every block, or they part ways.
            self._unpacked(payload[4:])
        elif kind == _GOAWAY:
            raise ConnectionResetError

    def _data(self, number: int, flags: int, payload: bytes) -> None:
        stream = self._streams.get(number)
        if stream is None:
            return
        if payload:
            stream.receive(payload)
        if flags & _FIN:
            stream.receive(None)

    def _unpacked(self, block: bytes) -> dict[str, str]:
        plain = self._inflater.decompress(block)
        (count,), at = struct.unpack(">I", plain[:4]), 4
        words = []
        for _ in range(2 * count):
            (length,) = struct.unpack(">I", plain[at : at + 4])
            words.append(plain[at + 4 : at + 4 + length].decode("latin-1"))
            at += 4 + length
        return dict(zip((word.lower() for word in words[::2]), words[1::2], strict=True))

    def _packed(self, headers: dict[str, str]) -> bytes:
        words = [word.encode("latin-1") for pair in headers.items() for word in pair]
        plain = struct.pack(">I", len(headers)) + b"".join(struct.pack(">I", len(word)) + word for word in words)
        return self._deflater.compress(plain) + self._deflater.flush(zlib.Z_SYNC_FLUSH)

    async def _send(self, kind: int, payload: bytes, flags: int = 0) -> None:
        head = struct.pack(">HHI", 0x8000 | _VERSION, kind, flags << 24 | len(payload))
        self._writer.write(head + payload)
        await self._drain()

    async def send_data(self, number: int, payload: bytes, flags: int = 0) -> None:
        """Called by streams."""
        self._writer.write(struct.pack(">II", number, flags << 24 | len(payload)) + payload)
        await self._drain()

    async def _drain(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self._writer.drain()
