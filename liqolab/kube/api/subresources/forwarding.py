"""``pods/portforward``: connections to a pod's ports through the API server.

They go over the pod network from here, so that a pod that runs elsewhere (offloaded through Liqo) is reached as any
other. SPDY carries a pair of streams for each connection, for data and for what went wrong; a WebSocket of version 4
(as the Python client, kr8s and the JavaScript client speak) carries one connection for each port, in two channels.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import Final

from aiohttp import web

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import bad_request
from liqolab.apimachinery.resources import Object
from liqolab.controller.dialing import Dial
from liqolab.controller.upgrades import offered_within, upgrade, wants_spdy
from liqolab.controller.websockets import offered
from liqolab.kube.api import spdy
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.subresources.streams import ports_of

_PROTOCOL: Final = "portforward.k8s.io"
_WEBSOCKET_PROTOCOL: Final = "v4.channel.k8s.io"
_CHUNK: Final = 32 * 1024


async def forward(pipeline: Pipeline, request: ResourceRequest) -> Object | web.StreamResponse:
    """Open connections to a pod's ports for the client that asks.

    Raises:
        ApiError: 400 for a pod that does not run, a client that does not ask for an upgrade, or in a protocol that is
            not spoken here.
    """
    pod = pipeline.read(request.spec, request.namespace, request.name)
    address = meta.get_path(pod, "status", "podIP", default="")
    if not address or meta.get_path(pod, "status", "phase") != "Running":
        raise bad_request(f"pod {request.name} is not running: there is nothing to forward to")
    http = request.http
    if http is None or not http.headers.get("Upgrade"):
        raise bad_request("Upgrade request required")
    target = _Target(pipeline.backends.dial, address, meta.uid(pod))
    if wants_spdy(http):
        if _PROTOCOL not in offered_within(http):
            raise bad_request(f"unable to upgrade: none of the protocols {offered_within(http)} is spoken here")
        return await upgrade(http, _PROTOCOL, _Pairs(target).serve)
    protocols = offered(http)
    if protocols and _WEBSOCKET_PROTOCOL not in protocols:
        # kubectl comes back with SPDY then. Who offers none (kr8s) speaks this one.
        raise bad_request(f"unable to upgrade: of WebSockets, only {_WEBSOCKET_PROTOCOL} is spoken here")
    ports = ports_of(request)
    if not ports:
        raise bad_request("you must specify at least 1 port")
    return await _Channels(target, ports).serve(http)


class _Target:
    """The pod whose ports are dialled."""

    def __init__(self, dial: Dial, address: str, uid: str) -> None:
        self._dial = dial
        self._address = address
        self._uid = uid

    async def open(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a port.

        Raises:
            OSError: nobody listens there.
        """
        return await asyncio.open_connection(sock=await self._dial(self._address, port))

    def refusal(self, port: int, error: OSError) -> str:
        """What a kubelet says when it cannot connect."""
        return (
            f"an error occurred forwarding {port} -> {port}: error forwarding port {port} to pod {self._uid}, uid : "
            f"failed to connect to localhost:{port} inside namespace: {error.strerror or error}"
        )


class _Pairs:
    """SPDY: connections are pairs of streams with the same ``requestid``."""

    def __init__(self, target: _Target) -> None:
        self._target = target
        self._errors: dict[str, spdy.Stream] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward until the client goes away."""
        try:
            await spdy.Connection(reader, writer, self._opened).run()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _opened(self, stream: spdy.Stream) -> None:
        identity = stream.headers.get("requestid", "")
        if stream.headers.get("streamtype") == "error":
            self._errors[identity] = stream
            return
        task = asyncio.get_running_loop().create_task(self._connect(stream, self._errors.pop(identity, None)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, data: spdy.Stream, errors: spdy.Stream | None) -> None:
        port = int(data.headers.get("port") or 0)
        try:
            reader, writer = await self._target.open(port)
        except OSError as error:
            if errors is not None:
                await errors.write(self._target.refusal(port, error).encode())
        else:
            await _join(data, reader, writer)
        for stream in (data, errors):
            if stream is not None:
                await stream.close()


async def _join(data: spdy.Stream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    async def upwards() -> None:
        async for piece in data.read():
            writer.write(piece)
            await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            writer.write_eof()

    sending = asyncio.create_task(upwards())
    try:
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(_CHUNK):
                await data.write(piece)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()


class _Channels:
    """A WebSocket: for the n-th port, channel 2n carries data and 2n + 1 errors; both begin with the port's number."""

    def __init__(self, target: _Target, ports: list[int]) -> None:
        self._target = target
        self._ports = ports
        # What a client sends before its port is connected waits for that: kr8s does not listen for the number first.
        self._writers: list[asyncio.Future[asyncio.StreamWriter | None]] = []

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Forward until the client goes away, or every port has had its say."""
        socket = web.WebSocketResponse(protocols=(_WEBSOCKET_PROTOCOL,))
        await socket.prepare(request)
        self._writers = [asyncio.get_running_loop().create_future() for _ in self._ports]
        ways = [asyncio.create_task(self._receive_all(socket)), asyncio.create_task(self._send(socket))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for connected in self._writers:
                if connected.done() and (writer := connected.result()):
                    writer.close()
            await socket.close()
        return socket

    async def _receive_all(self, socket: web.WebSocketResponse) -> None:
        async with asyncio.TaskGroup() as group:
            for index in range(len(self._ports)):
                group.create_task(self._receive(socket, index))

    async def _send(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            index = message.data[0] // 2
            if index < len(self._writers) and (writer := await self._writers[index]):
                writer.write(message.data[1:])
                await writer.drain()

    async def _receive(self, socket: web.WebSocketResponse, index: int) -> None:
        port, channel = self._ports[index], bytes((2 * index,))
        trouble = bytes((2 * index + 1,))
        try:
            reader, writer = await self._target.open(port)
        except OSError as error:
            self._writers[index].set_result(None)
            await socket.send_bytes(channel + struct.pack("<H", port))
            await socket.send_bytes(trouble + struct.pack("<H", port))
            await socket.send_bytes(trouble + self._target.refusal(port, error).encode())
            return
        self._writers[index].set_result(writer)
        await socket.send_bytes(channel + struct.pack("<H", port))
        await socket.send_bytes(trouble + struct.pack("<H", port))
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(_CHUNK):
                await socket.send_bytes(channel + piece)
