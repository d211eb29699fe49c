"""Modes that answer with a text: the pod's name, or what a variable says."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack

import orjson
from aiohttp import web

from liqolab.controller.dialing import Handler
from liqolab.kube.node.agnhost.datagrams import Replies, Teller
from liqolab.kube.node.agnhost.job import FatalError, Job, own_tls

_TAGS = "!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P|!--"
_PAGE = re.compile(rf"\s*<({_TAGS})[ >]", re.IGNORECASE)
"""What a server of Go takes for HTML."""

_PLAIN, _SECURE = "SERVE_PORT_", "SERVE_TLS_PORT_"


async def serve(job: Job) -> int:
    """Answer every request, connection or datagram with the pod's name."""
    port, name = job.options["port"], job.hostname
    if not any(job.options[kind] for kind in ("http", "tcp", "udp")):
        raise FatalError("at least one of --http, --tcp and --udp has to be set")
    headers = {"Connection": "close"} if job.options["close"] else {}

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        await job.log(f"HTTP request from {request.remote}")
        return web.Response(text=name, headers=headers)

    async with AsyncExitStack() as stack:
        if job.options["http"]:
            await job.serve(stack, port, handle)
        elif job.options["tcp"]:
            await job.listen(stack, port, lambda: Teller(name))
        else:
            await job.listen(stack, port, lambda: Replies(lambda text, peer: name))
        await job.log(f"Serving on port {port}.")
        job.container.ready.set()
        await asyncio.Event().wait()
    return 0


async def porter(job: Job) -> int:
    """Serve on each port that a variable names what the variable says."""
    async with AsyncExitStack() as stack:
        for name, value in job.container.env.items():
            handler = _answering(value, as_json=job.options["json-response"])
            if name.startswith(_PLAIN):
                await job.serve(stack, int(name.removeprefix(_PLAIN)), handler)
            elif name.startswith(_SECURE):
                await job.serve(stack, int(name.removeprefix(_SECURE)), handler, own_tls())
        job.container.ready.set()
        await asyncio.Event().wait()
    return 0


def _answering(value: str, *, as_json: bool) -> Handler:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if as_json:
            return web.Response(
                body=orjson.dumps({"Method": request.method, "Body": value}), content_type="application/json"
            )
        return web.Response(text=value, content_type="text/html" if _PAGE.match(value) else "text/plain")

    return handle
