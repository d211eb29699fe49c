"""Keeps pods off cordoned nodes."""

from __future__ import annotations

from typing import ClassVar

from liqolab.apimachinery.selectors import tolerates
from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import Plugin
from liqolab.kube.scheduler.node_info import NodeInfo
from liqolab.kube.scheduler.verdict import Verdict

_CORDONED = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class NodeUnschedulable(Plugin):
    """``spec.unschedulable`` bars a pod unless it tolerates the taint that goes with it."""

    name: ClassVar[str] = "NodeUnschedulable"
    local: ClassVar[bool] = True

    def filter(self, node: NodeInfo) -> Verdict | None:
        if not node.unschedulable or tolerates(self.pod.pod["spec"].get("tolerations"), _CORDONED):
            return None
        return self.refuse(texts.UNSCHEDULABLE_NODE, resolvable=False)
