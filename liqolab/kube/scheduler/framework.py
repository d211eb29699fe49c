"""What a plugin is.

A plugin object lives for one decision about one pod. Constructing it is Kubernetes' PreFilter: it reads pod and cluster
once, may reject the pod everywhere by raising `Rejected`, and may narrow the nodes worth asking. Then it is asked for a
verdict per node (Filter), and for the nodes that passed every plugin, for scores (Score, NormalizeScore). What
Kubernetes keeps in a CycleState is simply the object's own fields.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar

from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict

MAX_SCORE = 100
"""The best score of a plugin for a node, before its weight."""


class Rejected(Exception):  # noqa: N818 - a decision, not an error
    """A plugin rejects the pod whatever the node."""

    def __init__(self, plugin: str, reason: str) -> None:
        super().__init__(reason)
        self.plugin = plugin
        self.reason = reason


class Plugin:
    """Base of all plugins: lets every node pass and scores none.

    Attributes:
        name: as messages print it.
        weight: what a score counts for; 0 for plugins that do not score.
        local: whether verdicts and raw scores depend on nothing but the node and what the pod itself asks for.
        only_nodes: after construction, the only nodes worth asking, or None for all.
        filters: after construction, whether it may refuse a node at all: those that cannot are not asked.
    """

    name: ClassVar[str]
    weight: ClassVar[int] = 0
    local: ClassVar[bool] = False

    def __init__(self, pod: PodInfo, cluster: Snapshot) -> None:
        self.pod = pod
        self.cluster = cluster
        self.only_nodes: frozenset[str] | None = None
        self.filters = True

    def filter(self, node: NodeInfo) -> Verdict | None:
        """None when the pod may run on `node`, else why not."""
        return None

    def prescore(self, feasible: Collection[NodeInfo]) -> bool:
        """Prepare for scoring the nodes that passed; False when this plugin has nothing to say about the pod."""
        return self.weight > 0

    def score(self, node: NodeInfo) -> float:
        """The raw score of a node; any scale."""
        return 0

    def normalise(self, scores: Mapping[str, float]) -> dict[str, int]:
        """Raw scores as numbers from 0 to `MAX_SCORE`."""
        return {name: int(score) for name, score in scores.items()}

    def refuse(self, *reasons: str, resolvable: bool) -> Verdict:
        return Verdict(self.name, reasons, resolvable)


def scale_to_highest(scores: Mapping[str, float], *, reverse: bool = False) -> dict[str, int]:
    """Scale so that the highest raw score becomes `MAX_SCORE`; `reverse` when less is better."""
    highest = max(scores.values(), default=0)
    if highest == 0:
        return dict.fromkeys(scores, MAX_SCORE if reverse else 0)
    scaled = {name: int(MAX_SCORE * score // highest) for name, score in scores.items()}
    return {name: MAX_SCORE - score for name, score in scaled.items()} if reverse else scaled
