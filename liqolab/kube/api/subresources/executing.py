"""``pods/exec`` and ``pods/attach``: commands in containers, for clients of WebSockets and of SPDY.

The kubelet of the pod's node carries them out, over a WebSocket. A client's WebSocket is passed on as it is; SPDY's
streams become its channels here.
"""

from __future__ import annotations

import asyncio
import json
from typing import Final
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import web

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import bad_request
from liqolab.apimachinery.resources import Object
from liqolab.controller.upgrades import offered_within, upgrade, wants_spdy
from liqolab.kube.api import spdy
from liqolab.kube.api.options import flag
from liqolab.kube.api.pipeline import Pipeline
from liqolab.kube.api.request import ResourceRequest
from liqolab.kube.api.subresources.streams import container_of, kubelet_url, values_of

_KUBELET_FLAGS: Final = {"stdin": "input", "stdout": "output", "stderr": "error", "tty": "tty"}
_CHANNELS: Final = {"stdin": 0, "stdout": 1, "stderr": 2, "error": 3, "resize": 4}
_END_OF_CHANNEL: Final = 255
_PROTOCOLS: Final = ("v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io")
"""Before version 4 the end of a command was told as text."""


async def execute(pipeline: Pipeline, request: ResourceRequest) -> Object | web.StreamResponse:
    """Carry a command out in a container (exec), or take part in its own (attach), for the client that asks.

    Raises:
        ApiError: 400 for a container or a command that is not clear, for a pod without a node, and for a client that
            does not ask for an upgrade; what the kubelet refuses.
    """
    pod = pipeline.read(request.spec, request.namespace, request.name)
    container = container_of(pod, request.query.get("container", ""))
    node = meta.get_path(pod, "spec", "nodeName", default="")
    command = values_of(request, "command")
    if not command and request.subresource == "exec":
        raise bad_request("you must specify at least 1 command for the container")
    if not node:
        raise bad_request(f"pod {request.name} does not have a host assigned")
    http = request.http
    if http is None or not http.headers.get("Upgrade"):
        raise bad_request("Upgrade request required")
    chosen = [("command", word) for word in command]
    chosen += [(there, "1") for here, there in _KUBELET_FLAGS.items() if flag(request.query, here)]
    path = "/".join(map(quote, (request.subresource, request.namespace, request.name, container)))
    url = f"{kubelet_url(pipeline, node)}/{path}?{urlencode(chosen)}"
    if not wants_spdy(http):
        return await pipeline.backends.relay(http, url)
    protocol = next((word for word in offered_within(http) if word in _PROTOCOLS), "")
    if not protocol:
        raise bad_request(f"unable to upgrade: none of the protocols {offered_within(http)} is spoken here")
    far = await pipeline.backends.open(url, ("v5.channel.k8s.io",))
    wanted = {"error"} | {name for name in ("stdin", "stdout", "stderr") if flag(request.query, name)}
    if flag(request.query, "tty"):
        wanted = (wanted - {"stderr"}) | {"resize"}
    translator = _Translator(far, frozenset(wanted), protocol)
    async with far:
        return await upgrade(http, protocol, translator.serve)


class _Translator:
    """Between a client's streams and a kubelet's channels."""

    def __init__(self, far: aiohttp.ClientWebSocketResponse, wanted: frozenset[str], protocol: str) -> None:
        self._far = far
        self._wanted = wanted
        self._protocol = protocol
        self._streams: dict[str, spdy.Stream] = {}
        self._complete = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Translate until the command has ended or the client has gone."""
        client = asyncio.create_task(spdy.Connection(reader, writer, self._opened).run())
        work = asyncio.create_task(self._translate())
        try:
            await asyncio.wait({client, work}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (client, work):
                task.cancel()
            await asyncio.gather(client, work, return_exceptions=True)

    def _opened(self, stream: spdy.Stream) -> None:
        self._streams[stream.headers.get("streamtype", "")] = stream
        if self._wanted <= self._streams.keys():
            self._complete.set()

    async def _translate(self) -> None:
        await self._complete.wait()
        sending = [asyncio.create_task(self._send(name)) for name in ("stdin", "resize") if name in self._streams]
        names = {number: name for name, number in _CHANNELS.items()}
        try:
            async for message in self._far:
                name, data = names.get(message.data[0], ""), message.data[1:]
                if name == "error" and self._protocol != _PROTOCOLS[0]:
                    data = _as_text(data)
                if stream := self._streams.get(name):
                    await stream.write(data)
            for stream in self._streams.values():
                await stream.close()
        finally:
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def _send(self, name: str) -> None:
        channel = _CHANNELS[name]
        async for piece in self._streams[name].read():
            await self._far.send_bytes(bytes((channel,)) + piece)
        await self._far.send_bytes(bytes((_END_OF_CHANNEL, channel)))


def _as_text(status: bytes) -> bytes:
    """A Status as the older protocols have it: words where something failed, nothing where not."""
    document = json.loads(status)
    return b"" if document.get("status") == "Success" else str(document.get("message", "")).encode()
