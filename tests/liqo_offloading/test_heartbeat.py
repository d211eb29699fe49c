"""The pulse of a virtual node: its lease, which is there as long as the node and goes with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

import pytest

from liqolab.apimachinery.errors import status_error
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import JSON, Call, Client, WatchEvent
from liqolab.controller.informer import Informer
from liqolab.liqo.virtualkubelet.heartbeat import Heartbeat

NODE: Object = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "liqo-naples", "uid": "1234"}}


class Leases(Client):
    """An API server that has nothing but leases, and a provider that lives."""

    def __init__(self) -> None:
        self.there: Object | None = None
        self.asked = asyncio.Event()

    async def answer(self, call: Call) -> Object:
        assert call.resource.plural == "leases"
        assert isinstance(call.body, dict)
        if call.verb == "patch":
            if self.there is None:
                raise status_error(404, "NotFound", "no such lease")
            metadata = {**self.there["metadata"], **call.body.get("metadata", {})}
            self.there = {**self.there, **call.body, "metadata": metadata}
        else:
            self.there = call.body
        return self.there

    async def raw(self, path: str, *, query: Mapping[str, str] | None = None, accept: str = JSON) -> bytes:
        self.asked.set()
        return b"ok"

    def events(self, call: Call) -> AsyncIterator[WatchEvent]:
        raise NotImplementedError


class Nodes:
    """What an informer of nodes knows."""

    def __init__(self, *known: Object) -> None:
        self._known = {each["metadata"]["name"]: each for each in known}

    def get(self, name: str) -> Object | None:
        return self._known.get(name)


async def beaten(leases: Leases, nodes: Nodes) -> Object | None:
    """The lease after the first beat."""
    heartbeat = Heartbeat((leases, leases), cast(Informer, nodes), "liqo-naples", lambda _: None)
    task = asyncio.create_task(heartbeat.run())
    await leases.asked.wait()
    # It rests only once it has done what there was to do.
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return leases.there


def owners(lease: Any) -> list[str]:
    return [each["uid"] for each in lease["metadata"]["ownerReferences"]]


async def test_a_lease_belongs_to_its_node() -> None:
    assert owners(await beaten(Leases(), Nodes(NODE))) == ["1234"]


async def test_without_its_node_there_is_no_lease_that_nobody_would_ever_remove() -> None:
    assert await beaten(Leases(), Nodes()) is None


@pytest.mark.parametrize("before", [{}, {"ownerReferences": [{"uid": "of the node before"}]}])
async def test_a_lease_of_nobody_or_of_the_node_before_is_taken_over(before: Object) -> None:
    leases = Leases()
    leases.there = {"metadata": {"name": "liqo-naples", **before}, "spec": {}}
    assert owners(await beaten(leases, Nodes(NODE))) == ["1234"]
