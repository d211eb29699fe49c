"""Keeps pods off nodes that are too full for them, and prefers the emptier ones."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import MAX_SCORE, Plugin, Verdict
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.resources import CPU, EPHEMERAL_STORAGE, MEMORY, PODS

_REPORTED_FIRST = (CPU, MEMORY, EPHEMERAL_STORAGE)


class NodeResourcesFit(Plugin):
    """Requests of a node's pods plus the pod's must not exceed what is allocatable. Scores LeastAllocated."""

    name: ClassVar[str] = "NodeResourcesFit"
    weight: ClassVar[int] = 1

    def filter(self, node: NodeInfo) -> Verdict | None:
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
        for resource in (CPU, MEMORY):
            capacity = node.allocatable.get(resource, 0)
            if not capacity:
                continue
            wanted = node.scored_requested(resource) + self.pod.scored_requests.get(resource, 0)
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
        used = node.requested(resource)
        if wanted > capacity - used:
            short.append((resource, wanted, used, capacity))
    return short
