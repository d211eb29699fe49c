"""Pods that want to be near, or far from, other pods.

"Near" is sharing a topology domain: the nodes with one value of a node label. Anti-affinity is symmetric: a pod that
must be alone keeps newcomers away too. A pod whose required affinity only it itself would fulfil may start the first
domain.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import MAX_SCORE, Plugin
from liqolab.kube.scheduler.node_info import AffinityTerm, Likeness, NodeInfo, PodInfo
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict

Domain = tuple[str, str]
"""(topology key, value)."""

_HARD_AFFINITY_WEIGHT = 1
"""What a required affinity of an existing pod is worth when the newcomer is scored."""


class InterPodAffinity(Plugin):
    """Counts matching pods per domain once, then looks nodes up in the counts."""

    name: ClassVar[str] = "InterPodAffinity"
    weight: ClassVar[int] = 2

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        self._affine: dict[Domain, int] = {}
        self._anti_affine: dict[Domain, int] = {}
        self._barred: dict[Domain, int] = {}
        self._scores: dict[Domain, int] = {}
        self._selections: dict[tuple[AffinityTerm, Likeness], bool] = {}
        minds = bool(pod.required_affinity or pod.required_anti_affinity)
        for node in cluster.nodes.values():
            if minds:
                for kind, count in node.alike.items():
                    self._count(node, kind, count)
            for other in node.minding.values():
                for term in other.required_anti_affinity:
                    if self._selects(term, pod.likeness):
                        _bump(self._barred, node, term, 1)
        self.filters = minds or bool(self._barred)

    def _count(self, node: NodeInfo, kind: Likeness, count: int) -> None:
        wanted = self.pod.required_affinity
        if wanted and all(self._selects(term, kind) for term in wanted):
            for term in wanted:
                _bump(self._affine, node, term, count)
        for term in self.pod.required_anti_affinity:
            if self._selects(term, kind):
                _bump(self._anti_affine, node, term, count)

    def _selects(self, term: AffinityTerm, kind: Likeness) -> bool:
        known = self._selections.get((term, kind))
        if known is None:
            known = self._selections[term, kind] = term.matches(kind, self.cluster.namespaces)
        return known

    def filter(self, node: NodeInfo) -> Verdict | None:
        if not self._affinity_holds(node):
            return self.refuse(texts.POD_AFFINITY, resolvable=False)
        for term in self.pod.required_anti_affinity:
            if self._anti_affine.get(_domain(node, term), 0) > 0:
                return self.refuse(texts.POD_ANTI_AFFINITY, resolvable=True)
        if self._barred and any(domain in self._barred for domain in node.labels.items()):
            return self.refuse(texts.EXISTING_ANTI_AFFINITY, resolvable=True)
        return None

    def _affinity_holds(self, node: NodeInfo) -> bool:
        wanted = self.pod.required_affinity
        if not wanted:
            return True
        if any(term.topology_key not in node.labels for term in wanted):
            return False
        if all(self._affine.get(_domain(node, term), 0) > 0 for term in wanted):
            return True
        return not self._affine and all(self._selects(term, self.pod.likeness) for term in wanted)

    def prescore(self, feasible: Collection[NodeInfo]) -> bool:
        prefers = bool(self.pod.preferred_affinity or self.pod.preferred_anti_affinity)
        for node in self.cluster.nodes.values():
            if prefers:
                for kind, count in node.alike.items():
                    self._weigh(node, kind, count)
            for other in node.minding.values():
                self._weigh_wish(node, other)
        return bool(self._scores)

    def _weigh(self, node: NodeInfo, kind: Likeness, count: int) -> None:
        """What the pod itself prefers."""
        for sign, terms in ((1, self.pod.preferred_affinity), (-1, self.pod.preferred_anti_affinity)):
            for term in terms:
                if self._selects(term, kind):
                    _bump(self._scores, node, term, sign * count * term.weight)

    def _weigh_wish(self, node: NodeInfo, other: PodInfo) -> None:
        """What a pod that is there already would like."""
        itself = self.pod.likeness
        for term in other.required_affinity:
            if self._selects(term, itself):
                _bump(self._scores, node, term, _HARD_AFFINITY_WEIGHT)
        for sign, terms in ((1, other.preferred_affinity), (-1, other.preferred_anti_affinity)):
            for term in terms:
                if self._selects(term, itself):
                    _bump(self._scores, node, term, sign * term.weight)

    def score(self, node: NodeInfo) -> float:
        return sum(self._scores.get(domain, 0) for domain in node.labels.items())

    def normalise(self, scores: Mapping[str, float]) -> dict[str, int]:
        lowest, highest = min(scores.values()), max(scores.values())
        if highest == lowest:
            return dict.fromkeys(scores, 0)
        return {name: int(MAX_SCORE * (score - lowest) / (highest - lowest)) for name, score in scores.items()}


def _domain(node: NodeInfo, term: AffinityTerm) -> Domain:
    return term.topology_key, node.labels.get(term.topology_key, "")


def _bump(counts: dict[Domain, int], node: NodeInfo, term: AffinityTerm, by: int) -> None:
    if term.topology_key in node.labels:
        domain = _domain(node, term)
        counts[domain] = counts.get(domain, 0) + by
