"""Pod garbage collection: pods of nodes that no longer exist are failed and removed, for no kubelet will do it.

A node may come back (a restart registers it anew), so its pods get a while before they are given up.
"""

from __future__ import annotations

import time

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES
from liqolab.apimachinery.resources import Object
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.nodes.pods import NodePods, delete, mark_disrupted, node_name

QUARANTINE_SECONDS = 40.0


class OrphanedPods:
    def __init__(self, manager: Manager, clock: float) -> None:
        self._client = manager.client
        self._quarantine = QUARANTINE_SECONDS / clock
        self._nodes = manager.informer(NODES)
        self._pods = NodePods(manager)
        self._missed: dict[str, float] = {}
        self._controller = manager.add(Controller("pod-garbage-collector-controller", self._reconcile, workers=2))
        self._controller.watches(self._pods.informer)
        self._nodes.add_handler(self._observe_node)

    def _observe_node(self, change: Change, new: Object, old: Object | None) -> None:
        name = meta.name(new)
        if change == "DELETED":
            for pod in self._pods.of(name):
                self._controller.queue.add(meta.key(pod))
        else:
            self._missed.pop(name, None)

    async def _reconcile(self, key: str) -> float | None:
        pod = self._pods.informer.by_key(key)
        if pod is None:
            return None
        node = node_name(pod)
        if not node:
            if meta.is_deleting(pod):
                # Never bound: no kubelet will ever confirm the end of it.
                await delete(self._client, pod, grace_seconds=0)
            return None
        if self._nodes.get(node) is not None:
            return None
        left = self._missed.setdefault(node, time.monotonic()) + self._quarantine - time.monotonic()
        if left > 0:
            return left
        if not await self._node_exists(node):
            await self._remove(pod)
        return None

    async def _node_exists(self, name: str) -> bool:
        return await self._client.find(NODES, name) is not None

    async def _remove(self, pod: Object) -> None:
        status = {} if meta.pod_is_terminal(pod) else {"phase": "Failed"}
        if await mark_disrupted(self._client, pod, *texts.DELETION_BY_POD_GC, **status):
            await delete(self._client, pod, grace_seconds=0)
