"""Modes that probes are tried out with, and the one that serves files."""

from __future__ import annotations

import asyncio
import mimetypes
import time
from contextlib import AsyncExitStack
from urllib.parse import unquote

from aiohttp import web

from liqolab.controller.dialing import Handler
from liqolab.kube.node.agnhost.datagrams import Replies
from liqolab.kube.node.agnhost.job import Job

_HEALTHY_SECONDS = 10.0


async def liveness(job: Job) -> int:
    """Be healthy for ten seconds."""
    begun = time.monotonic()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        passed = time.monotonic() - begun
        if request.path == "/started":
            return web.Response(text=f"{passed:.9f}s")
        if request.path == "/healthz":
            late = passed > _HEALTHY_SECONDS
            return web.Response(status=500 if late else 200, text=f"error: {passed}" if late else "ok")
        if request.path == "/redirect":
            return web.Response(status=302, headers={"Location": unquote(request.query.get("loc", ""))})
        return web.Response(status=404, text="404 page not found\n")

    async with AsyncExitStack() as stack:
        await job.serve(stack, 8080, handle)
        job.container.ready.set()
        await asyncio.Event().wait()
    return 0


async def grpc(job: Job) -> int:
    """Accept the connections that stand for health checks here, until the time that the flag says."""
    async with AsyncExitStack() as stack:
        inner = await stack.enter_async_context(AsyncExitStack())
        await job.listen(inner, job.options["port"], lambda: Replies(lambda text, peer: None))
        await job.serve(stack, job.options["http-port"], _controlled(inner))
        job.container.ready.set()
        if job.options["delay-unhealthy-sec"] >= 0:
            await asyncio.sleep(job.options["delay-unhealthy-sec"])
            await inner.aclose()
        await asyncio.Event().wait()
    return 0


def _controlled(serving: AsyncExitStack) -> Handler:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.path != "/make-not-serving":
            return web.Response(status=404, text="404 page not found\n")
        await serving.aclose()
        return web.Response()

    return handle


async def files(job: Job) -> int:
    """Serve the container's files."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/":
            return web.Response(text="<pre>\n</pre>\n", content_type="text/html")
        content = job.machine.read(request.path)
        if content is None:
            return web.Response(status=404, text="404 page not found\n")
        kind = mimetypes.guess_type(request.path)[0] or "application/octet-stream"
        return web.Response(body=content, content_type=kind)

    async with AsyncExitStack() as stack:
        await job.serve(stack, job.options["port"], handle)
        job.container.ready.set()
        await asyncio.Event().wait()
    return 0
