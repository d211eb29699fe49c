"""The desk over TLS: two doors, ``/join`` and ``/events/SEAT``, and nothing else.

What is refused is answered in words, as JSON; requests are small and few, so all of them are answered by one loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from liqolab.classroom.desk import Desk, RefusedError
from liqolab.classroom.dropping import read_drop
from liqolab.classroom.errors import ClassError
from liqolab.classroom.store import Store

REQUEST_LIMIT = 8 * 1024 * 1024
_DROP_SECONDS = 2.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@contextlib.asynccontextmanager
async def serve(desk: Desk, address: str, port: int) -> AsyncIterator[int]:
    """Listen until the block ends; the port (a free one for 0).

    Raises:
        ClassError: the address is not this machine's, or the port is taken.
    """
    application = web.Application(client_max_size=REQUEST_LIMIT, middlewares=[_in_words])

    async def join(request: web.Request) -> web.Response:
        return web.json_response(desk.join(_mapping(await request.json())))

    async def events(request: web.Request) -> web.Response:
        sent = _mapping(await request.json()).get("events")
        if not isinstance(sent, list):
            raise RefusedError("there are no events in this")
        return web.json_response(desk.take(request.match_info["seat"], sent))

    application.router.add_post("/join", join)
    application.router.add_post("/events/{seat}", events)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, address, port, ssl_context=_context(desk.store))
        try:
            await site.start()
        except OSError as error:
            raise ClassError(
                f"cannot listen on {address}, port {port}: {error.strerror}", "choose others: --listen ADDRESS --port N"
            ) from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def collect(desk: Desk, drop: Path) -> None:
    """Read a shared folder again and again, until cancelled; a share tells nobody of its changes."""
    while True:
        read_drop(desk, drop)
        await asyncio.sleep(_DROP_SECONDS)


@web.middleware
async def _in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusedError as error:
        return web.json_response({"error": str(error), "hint": error.hint}, status=409)
    except (ValueError, TypeError):
        return web.json_response({"error": "this is no request of a learner's", "hint": ""}, status=400)


def _mapping(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ValueError(json.dumps(document)[:80])
    return document


def _context(store: Store) -> ssl.SSLContext:
    """TLS with the class's own certificate; OpenSSL reads it from a file only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    descriptor, name = tempfile.mkstemp(prefix="liqolab-class-")
    try:
        os.write(descriptor, (store.key + store.certificate).encode())
        context.load_cert_chain(name)
    finally:
        os.close(descriptor)
        Path(name).unlink()
    return context
