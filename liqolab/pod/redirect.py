"""Connections that the node routes to this pod for addresses beyond the cluster, opened again by a forwarder.

The kernel has accepted such a connection before anybody knows whether the far side will. One that cannot be opened
there is reset: whoever dialled sees a connection that is broken off, where an embedded cluster would have refused it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Final

from liqolab.pod import errands
from liqolab.program import Forwarder

PORT: Final = 5872
"""Where the rule sends them, beside the gateway's own port."""

_BACKLOG: Final = 128
_BLOCK: Final = 64 * 1024
_BREATH_SECONDS: Final = 0.1
"""Without descriptors, the next attempt would fail at once, and take all of the processor."""
_SO_ORIGINAL_DST: Final = 80
_SOCKADDR_IN: Final = struct.Struct("!2xH4s8x")


class Redirection:
    """Takes connections from the kernel until its task is cancelled."""

    def __init__(self, address: str, forwarder: Forwarder, log: Callable[[str], None], port: int = PORT) -> None:
        self._address = address
        self._forwarder = forwarder
        self._log = log
        self._port = port
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)

    async def begin(self) -> None:
        """Catch connections from now on; they wait until `run` takes them.

        Raises:
            OSError: the port is taken, or the kernel refuses the rule.
        """
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setblocking(False)
        try:
            # A redirected connection comes in at the address of the link that it came by.
            self._listener.bind(("0.0.0.0", self._port))  # noqa: S104
            self._listener.listen(_BACKLOG)
            await errands.redirect(self._address, self._port)
        except BaseException:
            self._listener.close()
            raise

    async def run(self) -> None:
        """Carry until cancelled; `close` afterwards."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    near, origin = await loop.sock_accept(self._listener)
                except OSError as error:
                    # Whoever dialled has gone, or this process has no descriptor left: others will come.
                    self._log(f"a connection was not taken: {error.strerror or error}")
                    await asyncio.sleep(_BREATH_SECONDS)
                    continue
                group.create_task(self._carry(near, str(origin[0])))

    def close(self) -> None:
        """Give the port back."""
        self._listener.close()

    async def _carry(self, near: socket.socket, origin: str) -> None:
        with near:
            try:
                host, port = _original_destination(near)
                far = await self._forwarder(host, port, origin)
            except OSError as error:
                self._log(f"a connection was not carried: {error.strerror or error}")
                _reset(near)
                return
            with far:
                await _splice(near, far)


async def _splice(near: socket.socket, far: socket.socket) -> None:
    """Carry bytes both ways until both have ended; an end that breaks breaks the other."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_copy(near, far))
            group.create_task(_copy(far, near))
    except* OSError:
        _reset(near)


async def _copy(source: socket.socket, target: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    while block := await loop.sock_recv(source, _BLOCK):
        await loop.sock_sendall(target, block)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _reset(taken: socket.socket) -> None:
    with contextlib.suppress(OSError):
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _original_destination(taken: socket.socket) -> tuple[str, int]:
    """Whom a redirected connection was for: address and port.

    Raises:
        OSError: it was not redirected.
    """
    raw = taken.getsockopt(socket.SOL_IP, _SO_ORIGINAL_DST, _SOCKADDR_IN.size)
    port, packed = _SOCKADDR_IN.unpack(raw)
    return socket.inet_ntoa(packed), port
