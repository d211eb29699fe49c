"""Informers that a manager shares: one watch for all who want objects of a resource."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from liqolab.apimachinery.builtin import NAMESPACES
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Call, Client, EventType, WatchEvent
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Manager


class Server(Client):
    """As much of a client as informers use."""

    def __init__(self, *objects: Object) -> None:
        self._objects = list(objects)
        self._events: asyncio.Queue[WatchEvent] = asyncio.Queue()
        self.lists: list[str] = []

    async def answer(self, call: Call) -> Object:
        self.lists.append(call.options.get("labelSelector", ""))
        return {"items": self._objects, "metadata": {"resourceVersion": "1"}}

    async def events(self, call: Call) -> AsyncIterator[WatchEvent]:
        while True:
            yield await self._events.get()

    def tell(self, type: EventType, obj: Object) -> None:
        self._events.put_nowait(WatchEvent(type, obj))


def namespace(name: str, version: int, **labels: str) -> Object:
    return {"metadata": {"name": name, "uid": name, "resourceVersion": str(version), "labels": labels}}


def names(informer: Informer) -> set[str]:
    return {item["metadata"]["name"] for item in informer.list()}


async def test_a_selection_is_taken_from_the_informer_that_has_everything() -> None:
    server = Server(namespace("red", 1, colour="red"), namespace("blue", 1, colour="blue"))
    manager = Manager(server)
    red, everything = manager.informer(NAMESPACES, labels="colour=red"), manager.informer(NAMESPACES)
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    red.add_handler(lambda change, new, _: heard.put_nowait((change, new["metadata"]["name"])))
    async with manager.running():
        await red.synced()
        assert names(everything) == {"red", "blue"}
        assert server.lists == [""]
        assert await heard.get() == ("ADDED", "red")

        server.tell("MODIFIED", namespace("blue", 2, colour="red"))
        assert await heard.get() == ("ADDED", "blue")
        server.tell("MODIFIED", namespace("red", 3, colour="green"))
        assert await heard.get() == ("DELETED", "red")
        server.tell("MODIFIED", namespace("red", 4, colour="white"))
        server.tell("DELETED", namespace("blue", 5, colour="red"))
        assert await heard.get() == ("DELETED", "blue")
        assert names(red) == set()
        assert names(everything) == {"red"}


async def test_a_selection_alone_asks_the_server_for_no_more_than_it_needs() -> None:
    server = Server(namespace("red", 1, colour="red"))
    manager = Manager(server)
    red = manager.informer(NAMESPACES, labels="colour=red")
    async with manager.running():
        await red.synced()
    assert server.lists == ["colour=red"]
    assert names(red) == {"red"}
