"""One connection inside a tunnel: a socket here, frames there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from socket import SHUT_WR, socket

from liqolab.liqo.network.tunnel.frames import LARGEST_PAYLOAD, WINDOW_BYTES, Frame, FrameType

Send = Callable[[Frame], Awaitable[None]]


class Stream:
    """Carries bytes between a local socket and the frames of one stream number, both ways, until both have ended."""

    def __init__(self, number: int, send: Send) -> None:
        self.number = number
        self._send = send
        self._arrived: asyncio.Queue[bytes] = asyncio.Queue()
        self._credit = WINDOW_BYTES
        self._more_credit = asyncio.Event()
        self._held = 0

    def received(self, payload: bytes) -> None:
        """Bytes from the peer; empty for the end of its direction.

        Raises:
            ConnectionError: more bytes than the window allows; whoever ignores it would fill our memory.
        """
        self._held += len(payload)
        if self._held > WINDOW_BYTES:
            raise ConnectionError("the peer ignores the window of a stream")
        self._arrived.put_nowait(payload)

    def credited(self, amount: int) -> None:
        """The peer's end has taken `amount` bytes off our hands."""
        self._credit += amount
        self._more_credit.set()

    async def run(self, near: socket) -> None:
        """Carry until both directions have ended; closes the socket.

        Raises:
            OSError: the local end failed; the caller tells the peer.
        """
        failure: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._outwards(near))
                group.create_task(self._inwards(near))
        except* OSError as errors:
            failure = errors.exceptions[0]
        finally:
            near.close()
        if failure is not None:
            raise failure

    async def _outwards(self, near: socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._credit <= 0:
                self._more_credit.clear()
                await self._more_credit.wait()
            data = await loop.sock_recv(near, min(LARGEST_PAYLOAD, self._credit))
            if not data:
                await self._send(Frame(FrameType.END, self.number))
                return
            self._credit -= len(data)
            await self._send(Frame(FrameType.DATA, self.number, data))

    async def _inwards(self, near: socket) -> None:
        loop = asyncio.get_running_loop()
        while data := await self._arrived.get():
            await loop.sock_sendall(near, data)
            self._held -= len(data)
            await self._send(Frame(FrameType.WINDOW, self.number, len(data).to_bytes(4)))
        near.shutdown(SHUT_WR)
