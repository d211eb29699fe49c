"""Prefers nodes that already have the pod's images."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from liqolab.kube.scheduler.framework import MAX_SCORE, Plugin
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.snapshot import Snapshot

_MEBIBYTE = 1024 * 1024
_SMALLEST = 23 * _MEBIBYTE
_LARGEST_PER_CONTAINER = 1000 * _MEBIBYTE


class ImageLocality(Plugin):
    """Scores by the size of the images present, discounted when few nodes have them."""

    name: ClassVar[str] = "ImageLocality"
    weight: ClassVar[int] = 1

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        self.filters = False
        spec = pod.pod["spec"]
        containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
        self._images = [_tagged(container.get("image") or "") for container in containers]
        self._sizes: dict[str, dict[str, int]] = {}

    def prescore(self, feasible: Collection[NodeInfo]) -> bool:
        for node in feasible:
            if node.images:
                for name in self._images:
                    if (size := node.images.get(name)) is not None:
                        self._sizes.setdefault(name, {})[node.name] = size
        return bool(self._sizes)

    def score(self, node: NodeInfo) -> float:
        total = len(self.cluster.nodes)
        found = sum(
            sizes[node.name] * len(sizes) // total
            for image in self._images
            if node.name in (sizes := self._sizes.get(image, {}))
        )
        largest = _LARGEST_PER_CONTAINER * len(self._images)
        bounded = min(max(found, _SMALLEST), largest)
        return MAX_SCORE * (bounded - _SMALLEST) // (largest - _SMALLEST)


def _tagged(image: str) -> str:
    return image if ":" in image.rpartition("/")[2] else f"{image}:latest"
