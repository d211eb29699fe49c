"""What controllers look at when something changes does not grow with the cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.builtin import (
    DAEMON_SETS,
    ENDPOINT_SLICES,
    NODES,
    PODS,
    SERVICES,
)
from liqolab.apimachinery.resources import Object
from liqolab.controller.informer import Informer
from tests.controllers.conftest import Lab, running_lab

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Handed:
    """How many objects informers have handed out since it was last asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._count = 0
        for name in ("list", "by_index"):
            monkeypatch.setattr(Informer, name, self._counting(getattr(Informer, name)))

    def take(self) -> int:
        count, self._count = self._count, 0
        return count

    def _counting(self, original: Any) -> Any:
        def counted(informer: Informer, *arguments: Any, **named: Any) -> Any:
            found = original(informer, *arguments, **named)
            self._count += len(found)
            return found

        return counted


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Handed:
    return Handed(monkeypatch)


@asynccontextmanager
async def filled(folder: Path, handed: Handed, nodes: int) -> AsyncIterator[tuple[Lab, str]]:
    """A cluster of so many nodes, each with a pod of a daemon set, two others and a service of its own."""
    async with running_lab(folder) as lab:
        namespace = await lab.namespace()
        await lab.client.create(DAEMON_SETS, daemon_set(), namespace)
        for number in range(nodes):
            await lab.node(f"node-{number}")
            await lab.client.create(SERVICES, service(f"app-{number}"), namespace)
            for name in (f"a-{number}", f"b-{number}"):
                await lab.client.create(PODS, pod(name, f"node-{number}", {"app": f"app-{number}"}), namespace)
        await lab.until(DAEMON_SETS, namespace, lambda item: scheduled(item) == nodes)
        handed.take()
        yield lab, namespace


def scheduled(daemons: Object) -> int:
    return int((daemons.get("status") or {}).get("currentNumberScheduled", 0))


def daemon_set() -> Object:
    labels = {"app": "daemon"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    return {"metadata": {"name": "daemon"}, "spec": {"selector": {"matchLabels": labels}, "template": template}}


def service(name: str) -> Object:
    return {"metadata": {"name": name}, "spec": {"selector": {"app": name}, "ports": [{"port": 80}]}}


def pod(name: str, node: str, labels: dict[str, str]) -> Object:
    spec = {"nodeName": node, "containers": [{"name": "x", "image": "x"}]}
    return {"metadata": {"name": name, "labels": labels}, "spec": spec}


async def looks(folder: Path, handed: Handed, nodes: int) -> dict[str, int]:
    """What is handed out for some everyday events, in a cluster of so many nodes."""
    found = {}
    async with filled(folder, handed, nodes) as (lab, namespace):
        stamp = timestamps.now_micro()
        await lab.heartbeat("node-1")
        await lab.until(NODES, None, lambda node: meta.name(node) == "node-1" and stamp < beat_of(node))
        found["a heartbeat"] = handed.take()

        await lab.node("late")
        await lab.until(DAEMON_SETS, namespace, lambda item: scheduled(item) == nodes + 1)
        found["another node"] = handed.take()

        await lab.client.create(PODS, pod("new", "node-1", {"app": "app-1"}), namespace)
        row = {"type": "Ready", "status": "True", "lastTransitionTime": timestamps.now()}
        status = {"phase": "Running", "podIP": "10.200.1.9", "conditions": [row]}
        await lab.client.patch(PODS, "new", {"status": status}, namespace, subresource="status")
        await lab.until(ENDPOINT_SLICES, namespace, lambda item: "10.200.1.9" in str(item.get("endpoints")))
        found["a pod that becomes ready"] = handed.take()
    return found


def beat_of(node: Object) -> str:
    return str((meta.find_condition(node, "Ready") or {}).get("lastHeartbeatTime", ""))


async def test_a_change_concerns_few_however_large_the_cluster(tmp_path: Path, handed: Handed) -> None:
    small = await looks(tmp_path / "small", handed, 5)
    large = await looks(tmp_path / "large", handed, 25)
    # Twenty nodes, forty pods and twenty services more. What chance adds is a reconcile or two of the same few objects.
    assert {event: large[event] - small[event] for event in small if large[event] > small[event] + 15} == {}
