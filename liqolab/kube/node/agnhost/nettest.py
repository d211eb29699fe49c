"""``nettest``: hears from others and tells whom it has heard. It asks nobody by itself here."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import orjson
from aiohttp import web

from liqolab.kube.node.agnhost.job import Job


async def serve(job: Job) -> int:
    """Serve until asked to stop."""
    received: Counter[str] = Counter()
    log: list[str] = []
    stopped = asyncio.Event()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/write":
            try:
                source = str(orjson.loads(await request.read()).get("Source", ""))
            except (orjson.JSONDecodeError, AttributeError):
                return web.Response(status=400, text="the body is no JSON\n")
            received[source] += 1
            log.append(f"Received from {source}")
            return _json({"Hostname": job.hostname})
        if request.path == "/read":
            told = {"Sent": {}, "Received": dict(received), "Errors": None, "Log": log, "StillContactingPeers": False}
            return _json({"Hostname": job.hostname} | told)
        if request.path == "/status":
            return web.Response(text="pass" if received else "running")
        if request.path == "/quit":
            stopped.set()
            return web.Response()
        return web.Response(status=404, text="404 page not found\n")

    async with AsyncExitStack() as stack:
        await job.serve(stack, job.options["port"], handle)
        job.container.ready.set()
        await stopped.wait()
    return 0


def _json(document: object) -> web.Response:
    return web.Response(body=orjson.dumps(document), content_type="application/json")
