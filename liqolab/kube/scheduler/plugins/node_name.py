"""Honours a node name that the pod came with."""

from __future__ import annotations

from typing import ClassVar

from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import Plugin
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict


class NodeName(Plugin):
    """Matters to a node's own admission: pods with a node name never reach the scheduler's queue."""

    name: ClassVar[str] = "NodeName"
    local: ClassVar[bool] = True

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        self.filters = bool(pod.pod["spec"].get("nodeName"))

    def filter(self, node: NodeInfo) -> Verdict | None:
        wanted = self.pod.pod["spec"].get("nodeName")
        if not wanted or wanted == node.name:
            return None
        return self.refuse(texts.NODE_NAME, resolvable=False)
