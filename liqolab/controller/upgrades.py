"""Connections that stop being HTTP: SPDY, as Kubernetes' clients and API servers ask for it with ``Upgrade``.

What the streams inside mean is nobody's business here: whoever only passes a connection on (`pass_on`) need not
understand a byte of it, which is how a virtual kubelet carries exec, attach and port-forward between two API servers.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

SPDY: Final = "SPDY/3.1"
PROTOCOLS_HEADER: Final = "X-Stream-Protocol-Version"
_BLOCK: Final = 64 * 1024

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class _TakenOver(web.StreamResponse):
    """What aiohttp is told of a request whose connection is no longer its own."""

    def __init__(self) -> None:
        super().__init__()
        self.force_close()

    async def prepare(self, request: web.BaseRequest) -> None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


def wants_spdy(request: web.BaseRequest) -> bool:
    """Whether a client asks to go on in SPDY."""
    return request.headers.get("Upgrade", "").lower().startswith(SPDY.lower())


def offered_within(request: web.BaseRequest) -> list[str]:
    """The protocols that a client can speak within the streams, best first."""
    rows = request.headers.getall(PROTOCOLS_HEADER, [])
    return [word.strip() for row in rows for word in row.split(",")]


def streams(transport: asyncio.Transport) -> Stream:
    """Take a connection over from whatever protocol it had."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    listener = asyncio.StreamReaderProtocol(reader, loop=loop)
    transport.set_protocol(listener)
    listener.connection_made(transport)
    return reader, asyncio.StreamWriter(transport, listener, reader, loop)


async def upgrade(request: web.BaseRequest, protocol: str, serve: Serve) -> web.StreamResponse:
    """Take a connection over from HTTP; returns when `serve` has ended, and the connection with it.

    Args:
        request: asks for it.
        protocol: which of those `offered_within` is spoken.
        serve: is given the connection.
    """
    transport = request.transport
    if transport is None:
        raise ConnectionResetError
    transport.write(
        f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {SPDY}\r\n"
        f"{PROTOCOLS_HEADER}: {protocol}\r\n\r\n".encode()
    )
    try:
        await serve(*streams(transport))
    finally:
        transport.close()
    return _TakenOver()


async def splice(near: Stream, far: Stream) -> None:
    """Carry bytes both ways until one side is through; closes the far one."""
    ways = [asyncio.create_task(_copy(near[0], far[1])), asyncio.create_task(_copy(far[0], near[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        far[1].close()


async def pass_on(request: web.BaseRequest, protocol: str, far: Stream) -> web.StreamResponse:
    """Upgrade a request, and carry everything between it and a connection that has been upgraded already."""
    return await upgrade(request, protocol, lambda reader, writer: splice((reader, writer), far))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
