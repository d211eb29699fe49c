"""What lies beyond a cluster's own network: the machine's loopback, where the other clusters of the lab are.

Between two clusters of a lab there may be a link that somebody has cut or slowed down. Whatever a cluster opens towards
the other passes here, so that is decided at one place. A cut link is one whose router says so: what is open over it
ends, and new connections find no route. A slow link delays both directions by half of what it adds to a round trip, and
keeps the order. A link that changes ends what is open over it, since what is open goes on as it was opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections import deque
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

_CHUNK_BYTES: Final = 64 * 1024
_CHUNKS_UNDER_WAY: Final = 256
"""What a slow link holds before its sender has to wait."""


@dataclass(frozen=True, slots=True)
class Link:
    """The way to another cluster, where it is not as it should be.

    Attributes:
        places: addresses, and ``address:port`` where an address is shared with others.
        cut: nothing gets through.
        delay: seconds that a round trip takes longer.
    """

    places: frozenset[str]
    cut: bool = False
    delay: float = 0.0

    def leads_to(self, host: str, port: int) -> bool:
        return host in self.places or f"{host}:{port}" in self.places


class Beyond:
    """Opens connections that leave the cluster."""

    def __init__(self) -> None:
        self._links: tuple[Link, ...] = ()
        self._open: WeakKeyDictionary[socket.socket, tuple[str, int]] = WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    def change(self, links: Iterable[Link]) -> None:
        """Have these links from now on, and no others that are not as they should be."""
        before, self._links = self._links, tuple(links)
        for connection, target in list(self._open.items()):
            if _find(before, *target) != _find(self._links, *target):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    async def dial(self, host: str, port: int) -> socket.socket:
        """A connected, non-blocking socket.

        Raises:
            OSError: nobody listens there, or the link is cut.
        """
        link = _find(self._links, host, port)
        if link is not None and link.cut:
            raise failure(errno.EHOSTUNREACH, host, port)
        if link is not None and link.delay:
            await asyncio.sleep(link.delay)
        connection = await _dial_loopback(host, port)
        self._open[connection] = (host, port)
        if link is None or not link.delay:
            return connection
        near, far = socket.socketpair()
        for end in (near, far):
            end.setblocking(False)
        self._spawn(_slowly(far, connection, link.delay / 2))
        return near

    async def close(self) -> None:
        """End what slow links carry."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def failure(number: int, host: str, port: int) -> OSError:
    """An OSError (of the subclass for `number`) in the words of client programs."""
    return OSError(number, f"dial tcp {host}:{port}: connect: {os.strerror(number).lower()}")


def _find(links: Iterable[Link], host: str, port: int) -> Link | None:
    return next((link for link in links if link.leads_to(host, port)), None)


async def _dial_loopback(host: str, port: int) -> socket.socket:
    connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        await asyncio.get_running_loop().sock_connect(connection, (host, port))
    except OSError as error:
        connection.close()
        raise failure(error.errno or errno.ECONNREFUSED, host, port) from error
    except BaseException:
        connection.close()
        raise
    return connection


async def _slowly(one: socket.socket, other: socket.socket, seconds: float) -> None:
    """Carry bytes both ways, each chunk that much later; closes both sockets."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_late(one, other, seconds))
            group.create_task(_late(other, one, seconds))
    except* OSError:
        # One end is gone; closing both tells the other end.
        pass
    finally:
        one.close()
        other.close()


async def _late(source: socket.socket, sink: socket.socket, seconds: float) -> None:
    """Read at once and write later, so that what follows is not delayed by what went before."""
    loop = asyncio.get_running_loop()
    under_way: deque[tuple[float, bytes]] = deque()
    room, there = asyncio.Semaphore(_CHUNKS_UNDER_WAY), asyncio.Semaphore(0)

    async def read() -> None:
        data = b"."
        while data:
            await room.acquire()
            data = await loop.sock_recv(source, _CHUNK_BYTES)
            under_way.append((loop.time() + seconds, data))
            there.release()

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        while True:
            await there.acquire()
            due, data = under_way.popleft()
            room.release()
            await asyncio.sleep(max(0.0, due - loop.time()))
            if not data:
                break
            await loop.sock_sendall(sink, data)
    sink.shutdown(socket.SHUT_WR)
