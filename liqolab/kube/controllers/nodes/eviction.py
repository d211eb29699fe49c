"""Eviction by taints: a pod leaves a node whose NoExecute taint it does not tolerate, at once or after its patience.

Liqo relies on it: a virtual node is tainted ``virtual-node.liqo.io/not-allowed:NoExecute``, and pods without the
toleration are deleted from it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import toleration_covers
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.nodes.pods import NodePods, delete, mark_disrupted, node_name

WORKERS = 8


class TaintEviction:
    def __init__(self, manager: Manager, clock: float) -> None:
        self._client = manager.client
        self._clock = clock
        self._recorder = EventRecorder(manager.client, texts.TAINT_EVICTION_CONTROLLER)
        self._nodes = manager.informer(NODES)
        self._pods = NodePods(manager)
        self._patience_since: dict[str, tuple[str, float]] = {}
        self._controller = manager.add(Controller(texts.TAINT_EVICTION_CONTROLLER, self._reconcile, workers=WORKERS))
        self._controller.watches(self._pods.informer)
        self._nodes.add_handler(self._observe_node)

    def _observe_node(self, change: Change, new: Object, old: Object | None) -> None:
        if change == "DELETED" or (old is not None and _no_execute(old) == _no_execute(new)):
            return
        for pod in self._pods.of(meta.name(new)):
            self._controller.queue.add(meta.key(pod))

    async def _reconcile(self, key: str) -> float | None:
        pod = self._pods.informer.by_key(key)
        node = self._nodes.get(node_name(pod)) if pod else None
        taints = _no_execute(node) if node else []
        if pod is None or meta.is_deleting(pod) or not taints:
            await self._calm(key, pod)
            return None
        patience = _patience(pod, taints)
        if patience is None:
            await self._calm(key, pod)
            return None
        uid, since = self._patience_since.get(key, ("", 0.0))
        if uid != meta.uid(pod):
            since = time.monotonic()
            self._patience_since[key] = (meta.uid(pod), since)
        left = since + patience / self._clock - time.monotonic()
        if left > 0:
            return left
        await self._evict(key, pod)
        return None

    async def _calm(self, key: str, pod: Object | None) -> None:
        """The pod may stay (or is going anyway): forget that its patience was being counted."""
        if self._patience_since.pop(key, None) is not None and pod is not None and not meta.is_deleting(pod):
            message = texts.TAINT_EVICTION_CANCELLED_MESSAGE.format(key=key)
            await self._recorder.event(pod, "Normal", texts.TAINT_EVICTION, message)

    async def _evict(self, key: str, pod: Object) -> None:
        message = texts.TAINT_EVICTION_MESSAGE.format(key=key)
        await self._recorder.event(pod, "Normal", texts.TAINT_EVICTION, message)
        if await mark_disrupted(self._client, pod, *texts.DELETION_BY_TAINT):
            await delete(self._client, pod)
        self._patience_since.pop(key, None)


def _no_execute(node: Object) -> Objects:
    return [taint for taint in node["spec"].get("taints") or [] if taint.get("effect") == "NoExecute"]


def _patience(pod: Object, taints: Iterable[Object]) -> float | None:
    """Seconds that the pod puts up with all of `taints`: 0 when it does not tolerate one, None for ever."""
    tolerations: Objects = pod["spec"].get("tolerations") or []
    limits = []
    for taint in taints:
        covering = [toleration for toleration in tolerations if toleration_covers(toleration, taint)]
        if not covering:
            return 0.0
        limits += [max(0.0, limit) for entry in covering if (limit := entry.get("tolerationSeconds")) is not None]
    return min(limits, default=None)
