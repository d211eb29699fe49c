"""Webhooks: a review comes in as JSON, and goes back with an answer in it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

import orjson
from aiohttp import web

from liqolab.apimachinery.resources import Object
from liqolab.kube.node.agnhost.job import Job

Review = Callable[[Object], Awaitable[Object]]
"""The request of a review → its response, without the uid."""


async def serve_reviews(job: Job, kind: str, paths: Mapping[str, Review]) -> int:
    """Serve over TLS until stopped.

    Args:
        job: with flags for port and certificate.
        kind: what is reviewed, ``AdmissionReview`` or ``ConversionReview``.
        paths: path → what answers.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/readyz":
            return web.Response(text="ok")
        answer = paths.get(request.path)
        if answer is None:
            return web.Response(status=404, text="404 page not found\n")
        try:
            review = orjson.loads(await request.read())
        except orjson.JSONDecodeError as error:
            return web.Response(status=400, text=f"Request could not be decoded: {error}\n")
        if not isinstance(review, dict) or review.get("kind") != kind:
            return web.Response(status=400, text=f"Expected {kind}\n")
        asked = review.get("request") or {}
        response = await answer(asked) | {"uid": asked.get("uid", "")}
        body = {"kind": kind, "apiVersion": review.get("apiVersion"), "response": response}
        return web.Response(body=orjson.dumps(body), content_type="application/json")

    async with AsyncExitStack() as stack:
        await job.serve(stack, job.options["port"], handle, job.tls())
        job.container.ready.set()
        await asyncio.Event().wait()
    return 0
