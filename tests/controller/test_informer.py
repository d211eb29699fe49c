"""The informer over HTTP, against servers that do not behave."""

from __future__ import annotations

import asyncio

import orjson
from aiohttp import web

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CONFIG_MAPS
from liqolab.apimachinery.resources import Object
from liqolab.controller.dialing import serving
from liqolab.controller.http import HttpClient
from liqolab.controller.informer import Informer
from liqolab.controller.kubeconfig import Access
from tests.host_network import HostNetwork

EXPIRED = b'{"type": "ERROR", "object": {"kind": "Status", "code": 410}}'
GARBAGE = (b"<html>", b'{"type": "ADDED"}', EXPIRED)


def config_map(name: str) -> Object:
    return {"metadata": {"name": name, "namespace": "a", "resourceVersion": "7"}}


class Server:
    """Answers each list with one more object; ends the first watches with garbage, and the first list too."""

    def __init__(self) -> None:
        self.lists = -1
        self.watches = list(GARBAGE)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if "watch" not in request.query:
            self.lists += 1
            items = [config_map(f"known-{number}") for number in range(self.lists)]
            answer = {"metadata": {"resourceVersion": "7"}, "items": items}
            return web.Response(body=orjson.dumps(answer) if self.lists else b"<html>busy</html>")
        if self.watches:
            return web.Response(body=self.watches.pop() + b"\n")
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(orjson.dumps({"type": "ADDED", "object": config_map("last")}) + b"\n")
        await asyncio.Event().wait()
        return response


async def test_whatever_a_server_sends_the_informer_ends_up_with_its_objects() -> None:
    network, server = HostNetwork(), Server()
    seen: list[str] = []
    complete = asyncio.Event()

    def note(change: str, new: Object, _: Object | None) -> None:
        seen.append(f"{change} {meta.name(new)}")
        if meta.name(new) == "last":
            complete.set()

    async with (
        serving(network, 443, server.handle),
        HttpClient(Access(f"http://127.0.0.1:{network.ports[443]}")) as client,
    ):
        informer = Informer(client, CONFIG_MAPS)
        informer.add_handler(note)
        running = asyncio.create_task(informer.run())
        async with asyncio.timeout(30):
            await complete.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert seen == [*(f"ADDED known-{number}" for number in range(len(GARBAGE) + 1)), "ADDED last"]
    await network.close()
