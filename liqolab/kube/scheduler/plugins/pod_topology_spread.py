"""Spreads like pods over topology domains.

A hard constraint (DoNotSchedule) refuses a node when placing the pod there would make its domain exceed the emptiest
domain by more than ``maxSkew``; a soft one (ScheduleAnyway) scores. Pods without constraints of their own that belong
to a Service or a workload get Kubernetes' soft defaults.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector, node_affinity_matches, untolerated_taint
from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.framework import MAX_SCORE, Plugin
from liqolab.kube.scheduler.node_info import Likeness, NodeInfo, PodInfo
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict

HOSTNAME: Final = "kubernetes.io/hostname"
ZONE: Final = "topology.kubernetes.io/zone"
_DEFAULTS: Final = ((HOSTNAME, 3), (ZONE, 5))


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """One topologySpreadConstraint, its selectors parsed.

    Attributes:
        key: node label whose values are the domains.
        max_skew: how much fuller than the emptiest a domain may get.
        selectors: select the pods that count; all must match.
        min_domains: with fewer domains than this, the emptiest counts as having no pods.
        honour_affinity, honour_taints: leave nodes out of the count that the pod could not use anyway.
    """

    key: str
    max_skew: int
    selectors: tuple[LabelSelector, ...]
    min_domains: int = 1
    honour_affinity: bool = True
    honour_taints: bool = False

    @staticmethod
    def parse(item: Object, pod: PodInfo) -> Constraint:
        selectors = [LabelSelector.from_object(item.get("labelSelector"))]
        same = {key: pod.labels[key] for key in item.get("matchLabelKeys") or () if key in pod.labels}
        if same:
            selectors.append(LabelSelector.from_labels(same))
        return Constraint(
            key=str(item["topologyKey"]),
            max_skew=int(item["maxSkew"]),
            selectors=tuple(selectors),
            min_domains=int(item.get("minDomains") or 1),
            honour_affinity=item.get("nodeAffinityPolicy") != "Ignore",
            honour_taints=item.get("nodeTaintsPolicy") == "Honor",
        )

    def matches(self, pod: Likeness | PodInfo) -> bool:
        return all(selector.matches(pod.labels) for selector in self.selectors)

    def considers(self, pod: PodInfo, node: NodeInfo) -> bool:
        """Whether a node's domain counts."""
        if self.honour_affinity and not node_affinity_matches(pod.pod, node.node):
            return False
        hard = ("NoSchedule", "NoExecute")
        return not (self.honour_taints and untolerated_taint(pod.pod, node.node, hard))


class PodTopologySpread(Plugin):
    """Counts matching pods per domain for the hard constraints at once, for the soft ones when scoring."""

    name: ClassVar[str] = "PodTopologySpread"
    weight: ClassVar[int] = 2

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        super().__init__(pod, cluster)
        given: list[Object] = pod.pod["spec"].get("topologySpreadConstraints") or []
        hard = [item for item in given if item.get("whenUnsatisfiable") != "ScheduleAnyway"]
        self._hard = [Constraint.parse(item, pod) for item in hard]
        self._soft = [Constraint.parse(item, pod) for item in given if item not in hard]
        self._defaulted = not given
        self.filters = bool(hard)
        self._matches: dict[tuple[Constraint, Likeness], bool] = {}
        self._counts = [self._count(constraint) for constraint in self._hard]
        self._soft_counts: list[tuple[Constraint, dict[str, int], float]] = []
        self._without_labels: set[str] = set()

    def _count(self, constraint: Constraint) -> dict[str, int]:
        keys = [other.key for other in self._hard]
        counts: dict[str, int] = {}
        for node in self.cluster.nodes.values():
            if all(key in node.labels for key in keys) and constraint.considers(self.pod, node):
                value = node.labels[constraint.key]
                counts[value] = counts.get(value, 0) + self._matching(constraint, node)
        return counts

    def _matching(self, constraint: Constraint, node: NodeInfo) -> int:
        return sum(
            count - node.leaving.get(kind, 0)
            for kind, count in node.alike.items()
            if self._counts_for(constraint, kind)
        )

    def _counts_for(self, constraint: Constraint, kind: Likeness) -> bool:
        known = self._matches.get((constraint, kind))
        if known is None:
            known = kind.namespace == self.pod.namespace and constraint.matches(kind)
            self._matches[constraint, kind] = known
        return known

    def filter(self, node: NodeInfo) -> Verdict | None:
        for constraint, counts in zip(self._hard, self._counts, strict=True):
            value = node.labels.get(constraint.key)
            if value is None:
                return self.refuse(texts.SPREAD_MISSING_LABEL, resolvable=False)
            emptiest = 0 if len(counts) < constraint.min_domains else min(counts.values(), default=0)
            itself = 1 if constraint.matches(self.pod) else 0
            if counts.get(value, 0) + itself - emptiest > constraint.max_skew:
                return self.refuse(texts.SPREAD, resolvable=True)
        return None

    def prescore(self, feasible: Collection[NodeInfo]) -> bool:
        constraints = self._default_constraints() if self._defaulted else self._soft
        if not constraints:
            return False
        if not self._defaulted:
            keys = [constraint.key for constraint in constraints]
            self._without_labels = {node.name for node in feasible if any(key not in node.labels for key in keys)}
        usable = [node for node in feasible if node.name not in self._without_labels]
        for constraint in constraints:
            domains = {node.labels[constraint.key] for node in usable if constraint.key in node.labels}
            counts = dict.fromkeys(domains, 0)
            for node in self.cluster.nodes.values():
                value = node.labels.get(constraint.key)
                if value in counts and constraint.considers(self.pod, node):
                    counts[value] += self._matching(constraint, node)
            size = len(usable) if constraint.key == HOSTNAME else len(domains)
            self._soft_counts.append((constraint, counts, math.log(size + 2)))
        return True

    def _default_constraints(self) -> list[Constraint]:
        selectors = tuple(self.cluster.owner_selectors(self.pod))
        return [Constraint(key, skew, selectors) for key, skew in _DEFAULTS] if selectors else []

    def score(self, node: NodeInfo) -> float:
        total = 0.0
        for constraint, counts, weight in self._soft_counts:
            value = node.labels.get(constraint.key)
            if value is not None and node.name not in self._without_labels:
                total += counts[value] * weight + constraint.max_skew - 1
        return round(total)

    def normalise(self, scores: Mapping[str, float]) -> dict[str, int]:
        counted = [score for name, score in scores.items() if name not in self._without_labels]
        lowest, highest = min(counted, default=0), max(counted, default=0)
        result = {}
        for name, score in scores.items():
            if name in self._without_labels:
                result[name] = 0
            elif highest == 0:
                result[name] = MAX_SCORE
            else:
                result[name] = int(MAX_SCORE * (highest + lowest - score) / highest)
        return result
