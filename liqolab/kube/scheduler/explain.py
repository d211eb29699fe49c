"""What every plugin says about every node: the explanation that a real cluster cannot give.

Pure: objects in, rows out. Failure reports fetch pods, nodes and namespaces over the Kubernetes API and ask here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from liqolab.apimachinery.resources import Object
from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.algorithm import narrowed_out, prepare, score
from liqolab.kube.scheduler.diagnosis import Diagnosis
from liqolab.kube.scheduler.framework import Rejected
from liqolab.kube.scheduler.node_info import PodInfo
from liqolab.kube.scheduler.plugins import PLUGINS
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict


@dataclass(frozen=True, slots=True)
class NodeExplanation:
    """A node in a pod's eyes.

    Attributes:
        node: its name.
        verdicts: plugin name → its refusal, or None where it lets the node pass; all plugins, not only the first.
        scores: plugin name → weighted score; empty for nodes that are refused.
    """

    node: str
    verdicts: dict[str, Verdict | None]
    scores: dict[str, int] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        return all(verdict is None for verdict in self.verdicts.values())

    @property
    def total(self) -> int:
        return sum(self.scores.values())


@dataclass(frozen=True, slots=True)
class Explanation:
    """A pod in the scheduler's eyes.

    Attributes:
        pod: ``namespace/name``.
        rejection: why the pod is held back whatever the node; empty when it is not.
        nodes: one row a node.
        message: what the FailedScheduling event says, without its part about preemption; empty when a node fits.
    """

    pod: str
    rejection: str
    nodes: tuple[NodeExplanation, ...]
    message: str


def explain(
    pod: Object, nodes: Iterable[Object], pods: Iterable[Object] = (), namespaces: Iterable[Object] = ()
) -> Explanation:
    """Explain where `pod` may go, given all nodes, all pods and all namespaces of its cluster."""
    return explain_in(PodInfo(pod), Snapshot.of(nodes, pods, namespaces))


def explain_in(pod: PodInfo, cluster: Snapshot) -> Explanation:
    """The same, from a snapshot."""
    if pod.pod["spec"].get("schedulingGates"):
        return Explanation(pod.key, texts.GATED, (), texts.GATED)
    diagnosis = Diagnosis(len(cluster.nodes))
    try:
        plugins = prepare(pod, cluster)
    except Rejected as rejected:
        diagnosis.rejection = rejected.reason
        verdicts = {plugin.name: None for plugin in PLUGINS} | {
            rejected.plugin: Verdict(rejected.plugin, (rejected.reason,), resolvable=False)
        }
        rows = tuple(NodeExplanation(name, verdicts) for name in cluster.nodes)
        return Explanation(pod.key, rejected.reason, rows, diagnosis.message)
    outside = narrowed_out(plugins, cluster)
    verdicts_of = {
        node.name: {plugin.name: plugin.filter(node) for plugin in plugins} for node in cluster.nodes.values()
    }
    for name, verdicts in verdicts_of.items():
        refusals = [outside[name]] if name in outside else [v for v in verdicts.values() if v is not None]
        if refusals:
            diagnosis.verdicts[name] = refusals[0]
    feasible = [node for node in cluster.nodes.values() if node.name not in diagnosis.verdicts]
    scores = score(plugins, feasible) if feasible else {}
    rows = tuple(
        NodeExplanation(name, verdicts, {plugin: row[name] for plugin, row in scores.items() if name in row})
        for name, verdicts in verdicts_of.items()
    )
    return Explanation(pod.key, "", rows, "" if feasible else diagnosis.message)
