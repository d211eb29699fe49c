"""Keeps pods off nodes whose taints they do not tolerate, and prefers nodes with fewer soft taints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from liqolab.apimachinery.selectors import tolerates
from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import Plugin, scale_to_highest
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict

_HARD_EFFECTS = ("NoSchedule", "NoExecute")


class TaintToleration(Plugin):
    """The first untolerated taint is named in the reason; PreferNoSchedule taints only cost score."""

    name: ClassVar[str] = "TaintToleration"
    weight: ClassVar[int] = 3
    local: ClassVar[bool] = True

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        self._soft = [
            toleration
            for toleration in pod.pod["spec"].get("tolerations") or ()
            if toleration.get("effect") in (None, "", "PreferNoSchedule")
        ]

    def filter(self, node: NodeInfo) -> Verdict | None:
        if not node.taints:
            return None
        tolerations = self.pod.pod["spec"].get("tolerations")
        for taint in node.taints:
            if taint["effect"] in _HARD_EFFECTS and not tolerates(tolerations, taint):
                text = texts.UNTOLERATED_TAINT.format(key=taint["key"], value=taint.get("value", ""))
                return self.refuse(text, resolvable=False)
        return None

    def score(self, node: NodeInfo) -> float:
        if not node.taints:
            return 0
        return sum(
            1 for taint in node.taints if taint["effect"] == "PreferNoSchedule" and not tolerates(self._soft, taint)
        )

    def normalise(self, scores: Mapping[str, float]) -> dict[str, int]:
        return scale_to_highest(scores, reverse=True)
