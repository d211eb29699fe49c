"""Keeps two pods from claiming the same port of a node."""

from __future__ import annotations

from typing import ClassVar

from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import Plugin
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo, ports_conflict
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict


class NodePorts(Plugin):
    """Looks at ``hostPort`` of the containers."""

    name: ClassVar[str] = "NodePorts"
    local: ClassVar[bool] = True

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        self.filters = bool(pod.host_ports)

    def filter(self, node: NodeInfo) -> Verdict | None:
        wanted = self.pod.host_ports
        if not wanted:
            return None
        used = node.used_ports()
        if any(ports_conflict(port, used) for port in wanted):
            return self.refuse(texts.PORTS, resolvable=True)
        return None
