"""Joins two stream sockets: bytes that arrive on one leave on the other, and an end of stream is passed on."""

from __future__ import annotations

import asyncio
import socket

_CHUNK_BYTES = 64 * 1024


async def splice(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until both directions have ended or either end fails; closes both sockets."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_pump(one, other))
            group.create_task(_pump(other, one))
    except* OSError:
        # One end is gone; closing both tells the other end.
        pass
    finally:
        one.close()
        other.close()


async def _pump(source: socket.socket, sink: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while data := await loop.sock_recv(source, _CHUNK_BYTES):
        await loop.sock_sendall(sink, data)
    sink.shutdown(socket.SHUT_WR)
