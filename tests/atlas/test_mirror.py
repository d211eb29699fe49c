"""One cluster's objects over one connection, with a server that does what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from liqolab.atlas.mirror import Mirror
from liqolab.controller.client import Call, Client, WatchEvent
from tests.atlas.atlas_objects import PROVIDER, Object, foreign_cluster, namespace, node, pod

DEFINITION = {
    "metadata": {"name": "foreignclusters.discovery.liqo.io"},
    "spec": {
        "group": "discovery.liqo.io",
        "scope": "Cluster",
        "names": {"plural": "foreignclusters", "kind": "ForeignCluster"},
        "versions": [{"name": "v1alpha1", "served": True}],
    },
    "status": {"conditions": [{"type": "Established", "status": "True"}]},
}


class Server(Client):
    """A client as far as informers use it; `tell` sends an event to whoever watches."""

    def __init__(self, objects: dict[str, list[Object]]) -> None:
        self.objects = objects
        self.watched: dict[str, asyncio.Queue[WatchEvent]] = {}

    def tell(self, plural: str, change: Any, item: Object) -> None:
        self.watched[plural].put_nowait(WatchEvent(change, item))

    async def answer(self, call: Call) -> Object:
        return {"items": self.objects.get(call.resource.plural, []), "metadata": {"resourceVersion": "7"}}

    async def events(self, call: Call) -> AsyncIterator[WatchEvent]:
        events = self.watched[call.resource.plural] = asyncio.Queue()
        try:
            while True:
                yield await events.get()
        finally:
            del self.watched[call.resource.plural]


@pytest.fixture
async def server() -> Server:
    return Server(
        {
            "namespaces": [namespace("liqo-demo")],
            "nodes": [node("liqo-naples", cluster_id=PROVIDER)],
            "pods": [pod("b", phase="Running"), pod("a", phase="Pending")],
            "foreignclusters": [foreign_cluster("naples", PROVIDER, OutgoingPeering="Established")],
        }
    )


async def settled() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_purged_kind_is_forgotten_and_not_asked_for_any_more(server: Server) -> None:
    mirror = Mirror(server, lambda: None)
    running = asyncio.create_task(mirror.run())
    await mirror.synced()
    assert mirror.view("venice", "", {}).peerings == ()
    assert "foreignclusters" not in server.watched
    for _ in range(2):
        server.tell("customresourcedefinitions", "ADDED", DEFINITION)
        await settled()
        assert [peering.cluster for peering in mirror.view("venice", "", {}).peerings] == ["naples"]
        assert "foreignclusters" in server.watched
        server.tell("customresourcedefinitions", "DELETED", DEFINITION)
        await settled()
        assert mirror.view("venice", "", {}).peerings == ()
        assert "foreignclusters" not in server.watched
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert server.watched == {}


async def test_a_change_that_no_view_shows_costs_none(server: Server) -> None:
    told: list[None] = []
    mirror = Mirror(server, lambda: told.append(None))
    running = asyncio.create_task(mirror.run())
    await mirror.synced()
    before = mirror.view("venice", "", {})
    assert [one.name for one in before.pods] == ["a", "b"]
    told.clear()
    server.tell("pods", "MODIFIED", pod("a", phase="Pending", qosClass="BestEffort") | {"metadata": marked("a")})
    await settled()
    assert told == []
    assert mirror.view("venice", "", {}).pods is before.pods
    server.tell("pods", "DELETED", pod("a"))
    await settled()
    assert len(told) == 1
    assert [one.name for one in mirror.view("venice", "", {"x": "y"}).pods] == ["b"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def marked(name: str) -> Object:
    return {"name": name, "namespace": "liqo-demo", "resourceVersion": "8"}
