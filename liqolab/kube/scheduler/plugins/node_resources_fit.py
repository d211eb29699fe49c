"""Keeps pods off nodes that are too full for them, and prefers the emptier ones."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import MAX_SCORE, Plugin
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.resources import CPU, EPHEMERAL_STORAGE, MEMORY, PODS
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict

_REPORTED_FIRST = (CPU, MEMORY, EPHEMERAL_STORAGE)


class NodeResourcesFit(Plugin):
    """Requests of a node's pods plus the pod's must not exceed what is allocatable. Scores LeastAllocated."""

    name: ClassVar[str] = "NodeResourcesFit"
    weight: ClassVar[int] = 1
    local: ClassVar[bool] = True

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        self._wanted = [(resource, amount) for resource, amount in pod.requests.items() if amount]
        self._scored = tuple((resource, pod.scored_requests.get(resource, 0)) for resource in (CPU, MEMORY))

    def filter(self, node: NodeInfo) -> Verdict | None:
        if len(node.pods) < node.allowed_pods:
            allocatable, requested = node.allocatable, node.requested
            for resource, amount in self._wanted:
                if amount > allocatable.get(resource, 0) - requested[resource]:
                    break
            else:
                return None
        short = shortages(self.pod, node)
        if not short:
            return None
        # Evicting pods cannot help when the node is too small even for this pod alone.
        hopeless = any(wanted > capacity for _, wanted, _, capacity in short)
        reasons = (
            texts.TOO_MANY_PODS if resource == PODS else texts.INSUFFICIENT.format(resource=resource)
            for resource, *_ in short
        )
        return self.refuse(*reasons, resolvable=not hopeless)

    def prescore(self, feasible: Collection[NodeInfo]) -> bool:
        return True

    def score(self, node: NodeInfo) -> float:
        parts = []
        for resource, own in self._scored:
            capacity = node.allocatable.get(resource, 0)
            if not capacity:
                continue
            wanted = node.scored[resource] + own
            parts.append((capacity - wanted) * MAX_SCORE // capacity if wanted <= capacity else 0)
        return sum(parts) // len(parts) if parts else 0


def shortages(pod: PodInfo, node: NodeInfo) -> list[tuple[str, int, int, int]]:
    """What the node lacks for the pod: (resource, wanted, used, capacity) each, in the order of reporting."""
    short = []
    if len(node.pods) + 1 > node.allowed_pods:
        short.append((PODS, 1, len(node.pods), node.allowed_pods))
    others = [name for name in pod.requests if name not in _REPORTED_FIRST]
    for resource in (*_REPORTED_FIRST, *others):
        wanted = pod.requests.get(resource, 0)
        capacity = node.allocatable.get(resource, 0)
        if not wanted:
            continue
        used = node.requested[resource]
        if wanted > capacity - used:
            short.append((resource, wanted, used, capacity))
    return short
