"""One scheduling decision: which nodes would do, and which of them is best.

Pure and synchronous: a snapshot and a pod in, a node name or a `Diagnosis` out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.diagnosis import Diagnosis
from liqolab.kube.scheduler.framework import Plugin, Rejected
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.opinions import Opinion
from liqolab.kube.scheduler.plugins import PLUGINS
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict

ALL_NODES_BELOW = 100
"""In smaller clusters every node is asked; in larger ones asking stops once enough nodes will do."""

_NO_OPINIONS: Mapping[str, Opinion] = {}


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a pod goes.

    Attributes:
        node: the winner.
        totals: weighted score of every node that would have done.
        scores: plugin name → node name → weighted score.
        plugins: the plugin objects of the decision, for those that act on it.
        asked: how many nodes were asked: the next decision begins with the node after them.
    """

    node: str
    totals: dict[str, int]
    scores: dict[str, dict[str, int]] = field(default_factory=dict)
    plugins: Sequence[Plugin] = ()
    asked: int = 0


def prepare(pod: PodInfo, cluster: Snapshot) -> list[Plugin]:
    """PreFilter: one object of every plugin for this pod.

    Raises:
        Rejected: a plugin rejects the pod whatever the node.
    """
    return [plugin(pod, cluster) for plugin in PLUGINS]


def place(pod: PodInfo, cluster: Snapshot, ties: Random, start: int = 0) -> Placement | Diagnosis:
    """Decide.

    Args:
        pod: the pod.
        cluster: what to decide from.
        ties: picks among equally good nodes.
        start: index of the node to ask first, where not all are asked.
    """
    diagnosis = Diagnosis(total=len(cluster.nodes))
    if not cluster.nodes:
        return diagnosis
    try:
        plugins = prepare(pod, cluster)
    except Rejected as rejected:
        reject_everywhere(diagnosis, cluster, rejected)
        return diagnosis
    # Daemon pods name one node each: no two of them ask for the same.
    known = cluster.opinions.about(pod) if cluster.opinions is not None and _narrowed(plugins) is None else {}
    feasible = _feasible(pod, cluster, plugins, diagnosis, start, known)
    if not feasible:
        return diagnosis
    if len(feasible) == 1:
        return Placement(feasible[0].name, {feasible[0].name: 0}, plugins=plugins, asked=diagnosis.asked)
    scores = score(plugins, feasible, known)
    totals = {node.name: sum(row[node.name] for row in scores.values()) for node in feasible}
    best = max(totals.values())
    winner = ties.choice([name for name, total in totals.items() if total == best])
    return Placement(winner, totals, scores, plugins, diagnosis.asked)


def reject_everywhere(diagnosis: Diagnosis, cluster: Snapshot, rejected: Rejected) -> None:
    """Note that no node was asked, and that evicting pods would not change that."""
    diagnosis.rejection = rejected.reason
    verdict = Verdict(rejected.plugin, (rejected.reason,), resolvable=False)
    diagnosis.verdicts = dict.fromkeys(cluster.nodes, verdict)


def _feasible(
    pod: PodInfo,
    cluster: Snapshot,
    plugins: Sequence[Plugin],
    diagnosis: Diagnosis,
    start: int,
    known: dict[str, Opinion],
) -> list[NodeInfo]:
    allowed = _narrowed(plugins)
    if allowed is None:
        nodes = _in_turn(cluster, start)
    else:
        nodes = [cluster.nodes[name] for name in sorted(allowed) if name in cluster.nodes]
    enough = enough_nodes(len(nodes))
    filters = [plugin for plugin in plugins if plugin.filters]
    # Those that look at the node alone stand before all others, so the first to refuse is the same.
    local, others = [each for each in filters if each.local], [each for each in filters if not each.local]
    found: list[NodeInfo] = []
    for node in nodes:
        if node.name in cluster.nominated:
            verdict = filter_node(pod, cluster, filters, node)
        else:
            opinion = known.get(node.name)
            if opinion is None or opinion.version != node.version:
                opinion = known[node.name] = Opinion(node.version, _first_verdict(local, node))
            verdict = opinion.verdict or (_first_verdict(others, node) if others else None)
        if verdict is None:
            found.append(node)
            if len(found) >= enough:
                break
        else:
            diagnosis.verdicts[node.name] = verdict
    diagnosis.asked = len(found) + len(diagnosis.verdicts)
    if not found:
        diagnosis.verdicts = narrowed_out(plugins, cluster) | diagnosis.verdicts
    return found


def _in_turn(cluster: Snapshot, start: int) -> list[NodeInfo]:
    nodes = list(cluster.nodes.values())
    return nodes[start % len(nodes) :] + nodes[: start % len(nodes)]


def _narrowed(plugins: Sequence[Plugin]) -> frozenset[str] | None:
    """The only nodes that PreFilter left in, or None when all are."""
    sets = [plugin.only_nodes for plugin in plugins if plugin.only_nodes is not None]
    return frozenset.intersection(*sets) if sets else None


def narrowed_out(plugins: Sequence[Plugin], cluster: Snapshot) -> dict[str, Verdict]:
    """Verdicts for the nodes that PreFilter left out."""
    narrowing = [plugin for plugin in plugins if plugin.only_nodes is not None]
    allowed = _narrowed(plugins)
    if allowed is None:
        return {}
    names = " ".join(plugin.name for plugin in narrowing)
    verdict = Verdict(narrowing[0].name, (texts.OUTSIDE_PREFILTER.format(plugins=names),), resolvable=False)
    return {name: verdict for name in cluster.nodes if name not in allowed}


def filter_node(pod: PodInfo, cluster: Snapshot, plugins: Sequence[Plugin], node: NodeInfo) -> Verdict | None:
    """The first plugin's verdict against a node, or None when all let it pass.

    Pods that wait for victims to leave the node count as being there already, unless this pod matters more; and the
    pod must fit without them too, since they may yet go elsewhere.
    """
    nominated = cluster.nominated.get(node.name)
    waiting = [other for other in nominated or () if other.priority >= pod.priority and other.uid != pod.uid]
    if waiting:
        fuller = node.with_pods(waiting)
        try:
            with_waiting = prepare(pod, cluster.replacing(fuller))
        except Rejected as rejected:
            return Verdict(rejected.plugin, (rejected.reason,), resolvable=False)
        verdict = _first_verdict(with_waiting, fuller)
        if verdict is not None:
            return verdict
    return _first_verdict(plugins, node)


def _first_verdict(plugins: Sequence[Plugin], node: NodeInfo) -> Verdict | None:
    for plugin in plugins:
        verdict = plugin.filter(node)
        if verdict is not None:
            return verdict
    return None


def score(
    plugins: Sequence[Plugin], feasible: Sequence[NodeInfo], known: Mapping[str, Opinion] = _NO_OPINIONS
) -> dict[str, dict[str, int]]:
    """Plugin name → node name → weighted score, of the plugins that have something to say."""
    rows: dict[str, dict[str, int]] = {}
    for plugin in plugins:
        if plugin.weight and plugin.prescore(feasible):
            raw = {node.name: _raw(plugin, node, known.get(node.name)) for node in feasible}
            rows[plugin.name] = {name: value * plugin.weight for name, value in plugin.normalise(raw).items()}
    return rows


def _raw(plugin: Plugin, node: NodeInfo, opinion: Opinion | None) -> float:
    if opinion is None or not plugin.local or opinion.version != node.version:
        return plugin.score(node)
    found = opinion.scores.get(plugin.name)
    if found is None:
        found = opinion.scores[plugin.name] = plugin.score(node)
    return found


def enough_nodes(total: int) -> int:
    """How many nodes that will do are enough to choose from."""
    if total < ALL_NODES_BELOW:
        return total
    percentage = max(50 - total // 125, 5)
    return max(total * percentage // 100, ALL_NODES_BELOW)
