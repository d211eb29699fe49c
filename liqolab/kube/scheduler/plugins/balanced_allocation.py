"""Prefers nodes on which processor and memory fill up evenly."""

from __future__ import annotations

from collections.abc import Collection
from statistics import pstdev
from typing import ClassVar

from liqolab.kube.scheduler.framework import MAX_SCORE, Plugin
from liqolab.kube.scheduler.node_info import NodeInfo
from liqolab.kube.scheduler.resources import CPU, MEMORY


class BalancedAllocation(Plugin):
    """Scores by the spread of the used fractions; has no say about pods that request nothing."""

    name: ClassVar[str] = "NodeResourcesBalancedAllocation"
    weight: ClassVar[int] = 1

    def prescore(self, feasible: Collection[NodeInfo]) -> bool:
        return any(self.pod.requests.get(resource) for resource in (CPU, MEMORY))

    def score(self, node: NodeInfo) -> float:
        fractions = []
        for resource in (CPU, MEMORY):
            capacity = node.allocatable.get(resource, 0)
            if capacity:
                wanted = node.requested(resource) + self.pod.requests.get(resource, 0)
                fractions.append(min(wanted / capacity, 1.0))
        return (1 - pstdev(fractions)) * MAX_SCORE if fractions else 0
