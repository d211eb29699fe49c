"""The client that stays: it goes on under another identity without its users noticing more than a lost connection."""

from __future__ import annotations

import asyncio

from aiohttp import web

from liqolab.apimachinery.builtin import CONFIG_MAPS
from liqolab.controller.dialing import serving
from liqolab.controller.http import HttpClient
from liqolab.controller.informer import Informer
from liqolab.controller.kubeconfig import Access
from tests.host_network import HostNetwork


async def test_a_renewed_client_takes_its_informers_along() -> None:
    watched: asyncio.Queue[str] = asyncio.Queue()

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        identity = request.headers["Authorization"]
        if identity == "Bearer expired":
            return web.Response(status=401, text="Unauthorized")
        if "watch" in request.query:
            watched.put_nowait(identity)
            await asyncio.Event().wait()
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": []})

    network = HostNetwork()
    async with serving(network, 443, handle):
        server = f"http://127.0.0.1:{network.ports[443]}"
        async with HttpClient(Access(server, token="expired")) as client:
            informer = Informer(client, CONFIG_MAPS)
            running = asyncio.create_task(informer.run())
            async with asyncio.timeout(30):
                for token in ("first", "second"):
                    await client.renew(Access(server, token=token))
                    assert await watched.get() == f"Bearer {token}"
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    await network.close()
