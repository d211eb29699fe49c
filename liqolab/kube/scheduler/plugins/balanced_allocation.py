"""Prefers nodes on which processor and memory fill up evenly."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from liqolab.kube.scheduler.framework import MAX_SCORE, Plugin
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.resources import CPU, MEMORY
from liqolab.kube.scheduler.snapshot import Snapshot


class BalancedAllocation(Plugin):
    """Scores by the spread of the used fractions; has no say about pods that request nothing."""

    name: ClassVar[str] = "NodeResourcesBalancedAllocation"
    weight: ClassVar[int] = 1
    local: ClassVar[bool] = True

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        self.filters = False
        self._wanted = tuple((resource, pod.requests.get(resource, 0)) for resource in (CPU, MEMORY))

    def prescore(self, feasible: Collection[NodeInfo]) -> bool:
        return any(self.pod.requests.get(resource) for resource in (CPU, MEMORY))

    def score(self, node: NodeInfo) -> float:
        fractions = [
            min((node.requested[resource] + wanted) / capacity, 1.0)
            for resource, wanted in self._wanted
            if (capacity := node.allocatable.get(resource, 0))
        ]
        if not fractions:
            return 0
        # The standard deviation of two numbers.
        deviation = abs(fractions[0] - fractions[-1]) / 2
        return (1 - deviation) * MAX_SCORE
