"""Node lifecycle: a node that falls silent becomes Unknown, and taints say to scheduler and evictor what its state is.

A heartbeat is a renewed lease in ``kube-node-lease`` or a newly posted Ready condition. When it arrived is judged by
this controller's own clock, so a node with a wrong clock is not punished. The controller sleeps until the next
heartbeat is overdue; nothing is polled.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.builtin import LEASES, NODES
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.nodes import pods as node_pods
from liqolab.kube.controllers.nodes.pods import NodePods
from liqolab.kube.controllers.nodes.taints import wanted_taints

LEASE_NAMESPACE = "kube-node-lease"
GRACE_SECONDS = 40.0
STARTUP_GRACE_SECONDS = 60.0
_BY_READINESS = "readiness"
_SILENT_CONDITIONS = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")


@dataclass(slots=True)
class _Health:
    """What is known of one node: its last sign of life, when it was heard, and whether its pods were told."""

    heartbeat: tuple[str, str]
    heard: float
    pods_marked: bool = False


class NodeLifecycle:
    def __init__(self, manager: Manager, clock: float) -> None:
        self._client = manager.client
        self._clock = clock
        self._recorder = EventRecorder(manager.client, texts.NODE_CONTROLLER)
        self._nodes = manager.informer(NODES)
        self._nodes.add_indexer(_BY_READINESS, _readiness_of)
        self._leases = manager.informer(LEASES)
        self._pods = NodePods(manager)
        self._health: dict[str, _Health] = {}
        self._removed: dict[str, Object] = {}
        self._evicting = False
        self._controller = manager.add(Controller("node-lifecycle-controller", self._reconcile, workers=4))
        self._nodes.add_handler(self._observe)
        self._controller.watches(self._leases, _node_of)

    def _observe(self, change: Change, new: Object, old: Object | None) -> None:
        name = meta.name(new)
        if change == "DELETED":
            self._removed[name] = new
        self._controller.queue.add(name)
        self._judge_evictions()

    def _judge_evictions(self) -> None:
        """When no node is ready the fault is more likely here than there: nobody is evicted then. The first node that
        is ready, and the last that is no more, concern all that are not.
        """
        evicting = self._nodes.count(_BY_READINESS, "True") > 0
        if evicting == self._evicting:
            return
        self._evicting = evicting
        for readiness in ("False", "Unknown"):
            for node in self._nodes.by_index(_BY_READINESS, readiness):
                self._controller.queue.add(meta.name(node))

    async def _reconcile(self, name: str) -> float | None:
        node = self._nodes.get(name)
        removed = self._removed.pop(name, None)
        if removed is not None and (self._health.pop(name, None) is not None):
            message = texts.REMOVING_NODE_MESSAGE.format(name=name)
            await self._recorder.event(removed, "Normal", texts.REMOVING_NODE, message)
        if node is None:
            return None
        health = await self._listen(node)
        silent_in = self._grace(node) - (time.monotonic() - health.heard)
        if silent_in <= 0:
            node = await self._mark_unknown(node)
        await self._taint(node)
        if _readiness(node) == "True":
            health.pods_marked = False
        elif not health.pods_marked:
            await self._mark_pods(node)
            health.pods_marked = True
        return silent_in if silent_in > 0 else None

    async def _listen(self, node: Object) -> _Health:
        """Take note of the newest heartbeat."""
        name = meta.name(node)
        lease = self._leases.get(name, LEASE_NAMESPACE) or {}
        posted = (meta.find_condition(node, "Ready") or {}).get("lastHeartbeatTime") or ""
        heartbeat = (meta.get_path(lease, "spec", "renewTime", default=""), posted)
        known = self._health.get(name)
        if known is None:
            known = self._health[name] = _Health(heartbeat, time.monotonic())
            message = texts.REGISTERED_NODE_MESSAGE.format(name=name)
            await self._recorder.event(node, "Normal", texts.REGISTERED_NODE, message)
        elif known.heartbeat != heartbeat:
            known.heartbeat, known.heard = heartbeat, time.monotonic()
        return known

    def _grace(self, node: Object) -> float:
        seconds = GRACE_SECONDS if meta.find_condition(node, "Ready") else STARTUP_GRACE_SECONDS
        return seconds / self._clock

    async def _mark_unknown(self, node: Object) -> Object:
        known: Objects = meta.get_path(node, "status", "conditions", default=[])
        conditions = known
        for kind in _SILENT_CONDITIONS:
            current = meta.find_condition(known, kind)
            if current is None:
                reason, message = texts.NODE_STATUS_NEVER_UPDATED
                beat = node["metadata"].get("creationTimestamp")
            elif current["status"] != "Unknown":
                reason, message = texts.NODE_STATUS_UNKNOWN
                beat = current.get("lastHeartbeatTime")
            else:
                continue
            row = {"type": kind, "status": "Unknown", "lastHeartbeatTime": beat, "reason": reason, "message": message}
            conditions = meta.set_condition(conditions, row)
        if conditions is known:
            return node
        body = {**node, "status": {**node.get("status", {}), "conditions": conditions}}
        return await self._client.update(NODES, body, subresource="status")

    async def _taint(self, node: Object) -> None:
        present: Objects = node["spec"].get("taints") or []
        taints = wanted_taints(node, present, evict=self._evicting, now=timestamps.now())
        if taints != present:
            precondition = {"uid": meta.uid(node), "resourceVersion": meta.resource_version(node)}
            body = {"metadata": precondition, "spec": {"taints": taints or None}}
            await self._client.patch(NODES, meta.name(node), body)

    async def _mark_pods(self, node: Object) -> None:
        """The node's pods are as good as not ready: take them out of their services."""
        pods = [pod for pod in self._pods.of(meta.name(node)) if meta.pod_is_ready(pod)]
        if meta.find_condition(node, "Ready"):
            message = texts.NODE_NOT_READY_MESSAGE.format(name=meta.name(node))
            await self._recorder.event(node, "Normal", texts.NODE_NOT_READY, message)
        await asyncio.gather(*map(self._mark_pod, pods))

    async def _mark_pod(self, pod: Object) -> None:
        ready = {**(meta.find_condition(pod, "Ready") or {}), "status": "False"}
        ready.pop("lastTransitionTime", None)
        conditions = meta.set_condition(pod["status"]["conditions"], ready)
        precondition = {"uid": meta.uid(pod), "resourceVersion": meta.resource_version(pod)}
        body = {"metadata": precondition, "status": {"conditions": conditions}}
        if await node_pods.patch_status(self._client, pod, body):
            await self._recorder.event(pod, "Warning", texts.NODE_NOT_READY, texts.POD_ON_UNREADY_NODE)


def _readiness(node: Object) -> str:
    """The status of the Ready condition; Unknown when there is none."""
    status: str = (meta.find_condition(node, "Ready") or {}).get("status", "Unknown")
    return status


def _readiness_of(node: Object) -> Iterable[str]:
    return (_readiness(node),)


def _node_of(lease: Object) -> Iterable[str]:
    return (meta.name(lease),) if meta.namespace(lease) == LEASE_NAMESPACE else ()
