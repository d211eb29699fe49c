"""Answers the kubelet's probes: alive is a loop that turns, ready is what the program has said of itself.

HTTP by hand, because a probe is one line to read and one to write, and not every program has an HTTP server in memory.
"""

from __future__ import annotations

import asyncio
from typing import Final

from liqolab.program import HEALTH_PORT, LIVE_PATH, READY_PATH

_LARGEST_HEAD: Final = 8192
_OK, _NOT_READY, _UNKNOWN = "200 OK", "503 Service Unavailable", "404 Not Found"


async def answer_probes(address: str, ready: asyncio.Event, port: int = HEALTH_PORT) -> asyncio.Server:
    """Listen for probes until the server is closed.

    Raises:
        OSError: the port is taken.
    """
    return await asyncio.get_running_loop().create_server(lambda: _Probe(ready), address, port)


class _Probe(asyncio.Protocol):
    def __init__(self, ready: asyncio.Event) -> None:
        self._ready = ready
        self._head = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._head += data
        if b"\r\n\r\n" not in self._head and len(self._head) < _LARGEST_HEAD:
            return
        status = self._status(self._head.split(b" ", 2)[1:2])
        body = status.partition(" ")[2].lower() + "\n"
        self._transport.write(
            f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
            f"Connection: close\r\n\r\n{body}".encode()
        )
        self._transport.close()

    def _status(self, path: list[bytes]) -> str:
        if path == [LIVE_PATH.encode()]:
            return _OK
        if path == [READY_PATH.encode()]:
            return _OK if self._ready.is_set() else _NOT_READY
        return _UNKNOWN
