"""Node selectors and node affinity: what the tutorial teaches.

``nodeSelector`` and the required affinity must both hold. Terms are ORed, expressions within a term are ANDed, an empty
term matches nothing. When every term names nodes outright (``matchFields`` on ``metadata.name``), other nodes are not
even asked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import node_affinity_matches, node_term_matches
from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import Plugin, Rejected, scale_to_highest
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict


class NodeAffinity(Plugin):
    """Filters by requirements, scores by preferences (the sum of the weights of matching terms)."""

    name: ClassVar[str] = "NodeAffinity"
    weight: ClassVar[int] = 2
    local: ClassVar[bool] = True

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        affinity = (pod.pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
        required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
        self._preferred: list[Object] = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or []
        self.filters = bool(required or pod.pod["spec"].get("nodeSelector"))
        if required:
            self.only_nodes = self._named(required.get("nodeSelectorTerms") or [])

    def _named(self, terms: list[Object]) -> frozenset[str] | None:
        """The nodes that the terms name, or None when some term does not name any."""
        names: set[str] = set()
        for term in terms:
            allowed: set[str] | None = None
            for field in term.get("matchFields") or ():
                if field.get("key") == "metadata.name" and field.get("operator") == "In":
                    values = set(field.get("values") or ())
                    allowed = values if allowed is None else allowed & values
            if allowed is None:
                return None
            names |= allowed
        if terms and not names:
            raise Rejected(self.name, texts.AFFINITY_CONFLICT)
        return frozenset(names) if terms else None

    def filter(self, node: NodeInfo) -> Verdict | None:
        if node_affinity_matches(self.pod.pod, node.node):
            return None
        return self.refuse(texts.NODE_AFFINITY, resolvable=False)

    def prescore(self, feasible: Collection[NodeInfo]) -> bool:
        return bool(self._preferred)

    def score(self, node: NodeInfo) -> float:
        return sum(
            int(term.get("weight", 0))
            for term in self._preferred
            if node_term_matches(term.get("preference") or {}, node.node)
        )

    def normalise(self, scores: Mapping[str, float]) -> dict[str, int]:
        return scale_to_highest(scores)
