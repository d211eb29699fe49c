"""What happens to nodes that fall silent or are tainted, and to the pods on them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.builtin import LEASES, NODES, PODS
from tests.controllers.conftest import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOT_ALLOWED = {"key": "virtual-node.liqo.io/not-allowed", "value": "true", "effect": "NoExecute"}


def pod(name: str, node: Any, *tolerations: Any) -> Any:
    spec = {"nodeName": node, "containers": [{"name": "x", "image": "x"}], "tolerations": list(tolerations)}
    return {"metadata": {"name": name}, "spec": spec}


def named(name: str, wanted: Any = lambda item: True) -> Any:
    return lambda item: meta.name(item) == name and wanted(item)


def taints(node: Any) -> Any:
    return sorted(f"{taint['key']}:{taint['effect']}" for taint in node["spec"].get("taints") or [])


async def test_a_silent_node_becomes_unknown_and_its_pods_leave_after_their_patience(hasty_lab: Lab) -> None:
    lab = hasty_lab
    namespace = await lab.namespace()
    async with Alive(lab, "alive"):
        await lab.node("silent")
        # The server gives every pod 300 s of patience; this one waits for ever.
        patient = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}
        await lab.client.create(PODS, pod("patient", "silent", patient), namespace)
        async with beating(lab, "silent"):
            async with lab.kubelet(namespace):
                await lab.until(PODS, namespace, named("patient", meta.pod_is_ready))
            # A pod that became ready while a beat was late stays so: pods are marked once, when a node falls silent.
            await lab.until(NODES, None, named("silent", lambda n: meta.condition_is_true(n, "Ready")))
            # Put there when no kubelet is left that would let it go, should a beat come late on a busy machine.
            await lab.client.create(PODS, pod("ordinary", "silent"), namespace)
        node = await lab.until(NODES, None, named("silent", lambda n: not meta.condition_is_true(n, "Ready")))
        condition = meta.find_condition(node, "Ready")
        assert (condition["status"], condition["reason"]) == ("Unknown", "NodeStatusUnknown")
        assert condition["message"] == "Kubelet stopped posting node status."
        node = await lab.until(NODES, None, named("silent", lambda n: len(taints(n)) == 2))
        assert taints(node) == ["node.kubernetes.io/unreachable:NoExecute", "node.kubernetes.io/unreachable:NoSchedule"]
        await lab.until(PODS, namespace, named("patient", lambda p: not meta.pod_is_ready(p)))
        # Nobody is there to confirm the end of the pod: it stays in Terminating.
        leaving = await lab.until(PODS, namespace, named("ordinary", meta.is_deleting))
        disruption = meta.find_condition(leaving, "DisruptionTarget")
        assert disruption["reason"] == "DeletionByTaintManager"
        assert disruption["message"] == "Taint manager: deleting due to NoExecute taint"
        events = await lab.events("default") + await lab.events(namespace)
        for message in (
            "Node silent event: Registered Node silent in Controller",
            "Node silent status is now: NodeNotReady",
            "Node is not ready",
            f"Marking for deletion Pod {namespace}/ordinary",
        ):
            assert message in events

        async with beating(lab, "silent"):
            await lab.until(NODES, None, named("silent", lambda n: not taints(n)))
        assert not meta.is_deleting(await lab.client.get(PODS, "patient", namespace))


@asynccontextmanager
async def beating(lab: Lab, name: str) -> AsyncIterator[None]:
    """A node that posts its status for the length of the block: one beat is soon over where patience is short."""

    async def beat() -> None:
        while True:
            await lab.heartbeat(name)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Alive:
    """A node that renews its lease and posts its status for the length of a ``with`` block.

    Its status, too: a beat that comes late makes it Unknown, which a lease alone does not mend, as with a real kubelet.
    """

    def __init__(self, lab: Lab, name: str) -> None:
        self.lab, self.name = lab, name

    async def __aenter__(self) -> None:
        await self.lab.node(self.name)
        body = {"metadata": {"name": self.name}, "spec": {"renewTime": timestamps.now_micro()}}
        await self.lab.client.create(LEASES, body, "kube-node-lease")
        self.task = asyncio.create_task(self.beat())

    async def beat(self) -> None:
        while True:
            # Not a wait for anything: this is the heart.
            await asyncio.sleep(0.02)
            body = {"spec": {"renewTime": timestamps.now_micro()}}
            await self.lab.client.patch(LEASES, self.name, body, "kube-node-lease")
            await self.lab.heartbeat(self.name)

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_pods_of_a_deleted_node_are_failed_and_removed(hasty_lab: Lab) -> None:
    namespace = await hasty_lab.namespace()
    await hasty_lab.node("gone")
    await hasty_lab.client.create(PODS, pod("left", "gone"), namespace)
    last: list[Any] = []
    await hasty_lab.client.delete(NODES, "gone")
    watching = asyncio.create_task(_collect(hasty_lab, namespace, last))
    await hasty_lab.until_gone(PODS, "left", namespace)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert last[-1]["status"]["phase"] == "Failed"
    condition = meta.find_condition(last[-1], "DisruptionTarget")
    assert (condition["reason"], condition["message"]) == ("DeletionByPodGC", "PodGC: node no longer exists")


async def _collect(lab: Lab, namespace: str, collected: Any) -> None:
    async for item in lab.follow(PODS, namespace):
        collected.append(item)


async def test_a_taint_drives_out_whoever_does_not_tolerate_it_at_once(lab: Lab, namespace: str) -> None:
    node = f"{namespace}-virtual"
    await lab.node(node)
    toleration = {"key": NOT_ALLOWED["key"], "operator": "Exists"}
    await lab.client.create(PODS, pod("stranger", node), namespace)
    await lab.client.create(PODS, pod("offloaded", node, toleration), namespace)
    async with lab.kubelet(namespace, node=node):
        await lab.until(PODS, namespace, named("offloaded", meta.pod_is_ready))
        await lab.client.patch(NODES, node, {"spec": {"taints": [NOT_ALLOWED]}})
        await lab.until_gone(PODS, "stranger", namespace)
        # A pod that is put there later fares no better.
        await lab.client.create(PODS, pod("latecomer", node), namespace)
        await lab.until_gone(PODS, "latecomer", namespace)
    assert not meta.is_deleting(await lab.client.get(PODS, "offloaded", namespace))
    assert taints(await lab.client.get(NODES, node)) == ["virtual-node.liqo.io/not-allowed:NoExecute"], "left alone"
    await lab.client.delete(NODES, node)


async def test_cordoning_shows_as_a_taint(lab: Lab, namespace: str) -> None:
    node = f"{namespace}-node"
    await lab.node(node)
    await lab.client.patch(NODES, node, {"spec": {"unschedulable": True}})
    cordoned = await lab.until(NODES, None, named(node, taints))
    [taint] = cordoned["spec"]["taints"]
    assert (taint["key"], taint["effect"]) == ("node.kubernetes.io/unschedulable", "NoSchedule")
    assert taint["timeAdded"]
    await lab.client.patch(NODES, node, {"spec": {"unschedulable": None}})
    await lab.until(NODES, None, named(node, lambda n: not taints(n)))
    await lab.client.delete(NODES, node)
