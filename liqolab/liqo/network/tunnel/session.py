"""A tunnel that stands: many streams over one connection, and the heartbeat that tells whether the peer is alive."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import orjson

from liqolab.liqo.network.tunnel.frames import Frame, FrameType, read_frame
from liqolab.liqo.network.tunnel.stream import Stream

Connect = Callable[[str, int, str], Awaitable[socket.socket]]
"""Opens a connection in this cluster to (address, port) as the peer spells them, for (address or nothing) as the peer
spells who dials; raises OSError.
"""

_HEARTBEAT_SECONDS = 2.0
_SILENCE_SECONDS = 10.0
_PORTS = 1 << 16

_log = logging.getLogger(__name__)


class Session:
    """One end of a tunnel. `run` it; while it runs, `open` opens connections in the peer."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connect: Connect, *, dialled: bool
    ) -> None:
        """`dialled` tells the two ends apart: the one that dialled numbers its streams oddly."""
        self._reader = reader
        self._writer = writer
        self._connect = connect
        self._next = 1 if dialled else 2
        self._streams: dict[int, Stream] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._answers: dict[int, asyncio.Future[socket.socket]] = {}
        self._group = asyncio.TaskGroup()
        self._heard = 0.0
        self._running = False

    async def run(self) -> None:
        """Carry until the peer is gone.

        Raises:
            ConnectionError: always, with the reason, unless cancelled.
        """
        self._heard = asyncio.get_running_loop().time()
        reason = ""
        try:
            async with self._group:
                self._running = True
                self._group.create_task(self._heartbeat())
                await self._receive()
        except* OSError as errors:
            reason = str(errors.exceptions[0])
        finally:
            self._running = False
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(_down())
            self._writer.transport.abort()
        # A TaskGroup that fails while it is cancelled forgets the cancellation; whoever asked for it waits for us.
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise asyncio.CancelledError
        raise ConnectionError(reason)

    async def open(self, host: str, port: int, origin: str = "") -> socket.socket:
        """A connection to an address in the peer's cluster, on behalf of `origin` in this one.

        Raises:
            OSError: the peer cannot open it, or the tunnel is down.
        """
        if not self._running:
            raise _down()
        number, self._next = self._next, self._next + 2
        self._streams[number] = Stream(number, self._send)
        answer: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            await self._send(Frame(FrameType.OPEN, number, orjson.dumps({"host": host, "port": port, "from": origin})))
            return await answer
        except asyncio.CancelledError:
            self._give_up(number, answer)
            raise
        finally:
            self._answers.pop(number, None)

    def _give_up(self, number: int, answer: asyncio.Future[socket.socket]) -> None:
        """Whoever asked for a connection has gone away."""
        if answer.done() and not answer.cancelled() and not answer.exception():
            answer.result().close()
            return
        self._streams.pop(number, None)
        if self._running:
            self._post(Frame(FrameType.RESET, number))

    # --- Towards the peer ---

    async def _send(self, frame: Frame) -> None:
        self._post(frame)
        await self._writer.drain()

    def _post(self, frame: Frame) -> None:
        self._writer.write(frame.encode())

    async def _heartbeat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._send(Frame(FrameType.PING))
            await asyncio.sleep(_HEARTBEAT_SECONDS)
            if loop.time() - self._heard > _SILENCE_SECONDS:
                raise ConnectionError(f"the peer has not been heard for {_SILENCE_SECONDS:.0f} seconds")

    # --- From the peer ---

    async def _receive(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            frame = await read_frame(self._reader)
            self._heard = loop.time()
            if frame.type is FrameType.PING:
                self._post(Frame(FrameType.PONG))
            elif frame.type is FrameType.OPEN:
                self._opened_by_peer(frame)
            elif frame.type in (FrameType.OPENED, FrameType.REFUSED):
                self._answered(frame)
            elif frame.stream in self._streams:
                self._carry(self._streams[frame.stream], frame)

    def _carry(self, stream: Stream, frame: Frame) -> None:
        if frame.type in (FrameType.DATA, FrameType.END):
            stream.received(frame.payload)
        elif frame.type is FrameType.WINDOW:
            stream.credited(int.from_bytes(frame.payload))
        elif frame.type is FrameType.RESET and (task := self._tasks.get(stream.number)):
            task.cancel()

    def _answered(self, frame: Frame) -> None:
        answer = self._answers.get(frame.stream)
        if answer is None or answer.done():
            return
        if frame.type is FrameType.REFUSED:
            self._streams.pop(frame.stream, None)
            number, message = _pair(frame, "errno", "message")
            answer.set_exception(OSError(number, message))
            return
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        stream = self._streams[frame.stream]
        self._spawn(stream, stream.run(far))
        answer.set_result(near)

    def _opened_by_peer(self, frame: Frame) -> None:
        if frame.stream in self._streams or frame.stream % 2 == self._next % 2:
            raise ConnectionError("the peer uses a stream number that is not its own")
        port, host = _pair(frame, "port", "host")
        origin = str(orjson.loads(frame.payload).get("from", ""))
        if not 0 < port < _PORTS:
            raise ConnectionError(f"the peer asks for port {port}")
        stream = self._streams[frame.stream] = Stream(frame.stream, self._send)
        self._spawn(stream, self._connect_and_carry(stream, host, port, origin))

    async def _connect_and_carry(self, stream: Stream, host: str, port: int, origin: str) -> None:
        try:
            near = await self._connect(host, port, origin)
        except OSError as error:
            refusal = {"errno": error.errno or errno.EHOSTUNREACH, "message": error.strerror or str(error)}
            await self._send(Frame(FrameType.REFUSED, stream.number, orjson.dumps(refusal)))
            return
        await self._send(Frame(FrameType.OPENED, stream.number))
        await stream.run(near)

    def _spawn(self, stream: Stream, work: Coroutine[Any, Any, None]) -> None:
        self._tasks[stream.number] = self._group.create_task(self._guarded(stream, work))

    async def _guarded(self, stream: Stream, work: Coroutine[Any, Any, None]) -> None:
        """The end of one stream, however it comes, is no end of the tunnel."""
        try:
            await work
        except OSError as error:
            _log.debug("stream %d: %s", stream.number, error)
            self._post(Frame(FrameType.RESET, stream.number))
        finally:
            self._streams.pop(stream.number, None)
            self._tasks.pop(stream.number, None)


def _pair(frame: Frame, number: str, text: str) -> tuple[int, str]:
    """The number and the text in the payload of a frame that opens or refuses a stream."""
    try:
        document = orjson.loads(frame.payload)
        return int(document[number]), str(document[text])
    except (KeyError, TypeError, ValueError) as error:
        raise ConnectionError("the peer sent an unreadable frame") from error


def _down() -> OSError:
    return OSError(errno.EHOSTUNREACH, f"{os.strerror(errno.EHOSTUNREACH).lower()}: the tunnel is down")
