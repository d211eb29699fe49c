"""Making room for a pod that matters more.

Of the nodes whose refusal could be cured by evicting pods, each is tried in thought: all pods of lower priority leave,
and as many as possible are let back in, the most important (and those whose disruption budget would be violated)
first. What remains are the victims. Among the nodes the one that hurts least wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.kube.scheduler import texts
from liqolab.kube.scheduler.algorithm import filter_node, prepare
from liqolab.kube.scheduler.diagnosis import Diagnosis, count_reasons
from liqolab.kube.scheduler.framework import Rejected
from liqolab.kube.scheduler.node_info import NodeInfo, PodInfo
from liqolab.kube.scheduler.snapshot import Snapshot
from liqolab.kube.scheduler.verdict import Verdict

_NAME = "DefaultPreemption"


@dataclass(frozen=True, slots=True)
class Eviction:
    """Whom to evict where; `violations` of them are protected by a PodDisruptionBudget."""

    node: str
    victims: tuple[PodInfo, ...]
    violations: int


def preempt(pod: PodInfo, cluster: Snapshot, diagnosis: Diagnosis, budgets: Sequence[Object]) -> Eviction | None:
    """Find the eviction that would make room; when there is none, note the reasons in `diagnosis`."""
    obstacle = _not_eligible(pod, cluster, diagnosis)
    if obstacle:
        diagnosis.preemption = texts.PREEMPTION.format(why=obstacle)
        return None
    found: list[Eviction] = []
    failures: dict[str, Verdict] = {}
    for name, verdict in diagnosis.verdicts.items():
        if not verdict.resolvable:
            failures[name] = Verdict(_NAME, (texts.PREEMPTION_NOT_HELPFUL,), resolvable=False)
            continue
        outcome = _victims(pod, cluster, cluster.nodes[name], budgets)
        if isinstance(outcome, Eviction):
            found.append(outcome)
        else:
            failures[name] = outcome
    if not found:
        diagnosis.preemption = texts.PREEMPTION.format(why=count_reasons(diagnosis.total, failures))
        return None
    return min(found, key=_pain)


def _not_eligible(pod: PodInfo, cluster: Snapshot, diagnosis: Diagnosis) -> str:
    if pod.pod["spec"].get("preemptionPolicy") == "Never":
        return texts.PREEMPTION_NEVER
    nominated = (pod.pod.get("status") or {}).get("nominatedNodeName")
    node = cluster.nodes.get(nominated or "")
    verdict = diagnosis.verdicts.get(nominated or "")
    if node is None or (verdict is not None and not verdict.resolvable):
        return ""
    if any(other.terminating and other.priority < pod.priority for other in node.pods.values()):
        return texts.PREEMPTION_TERMINATING
    return ""


def _victims(pod: PodInfo, cluster: Snapshot, node: NodeInfo, budgets: Sequence[Object]) -> Eviction | Verdict:
    lesser = [other for other in node.pods.values() if other.priority < pod.priority]
    if not lesser:
        return Verdict(_NAME, (texts.NO_VICTIMS,), resolvable=False)
    verdict = _verdict_without(pod, cluster, node, lesser)
    if verdict is not None:
        return verdict
    protected = protected_by_budgets(lesser, budgets)
    gone = {other.uid: other for other in lesser}
    # Violating victims get the first chance to stay, then the others, the more important ones first.
    for candidate in sorted(lesser, key=lambda other: (other.uid not in protected, -other.priority, _start(other))):
        del gone[candidate.uid]
        if _verdict_without(pod, cluster, node, list(gone.values())) is not None:
            gone[candidate.uid] = candidate
    victims = sorted(gone.values(), key=lambda other: (-other.priority, _start(other)))
    return Eviction(node.name, tuple(victims), sum(1 for victim in victims if victim.uid in protected))


def _verdict_without(pod: PodInfo, cluster: Snapshot, node: NodeInfo, gone: Sequence[PodInfo]) -> Verdict | None:
    emptier = node.without(gone)
    thought = cluster.replacing(emptier)
    try:
        plugins = prepare(pod, thought)
    except Rejected as rejected:
        return Verdict(rejected.plugin, (rejected.reason,), resolvable=False)
    return filter_node(pod, thought, plugins, emptier)


def protected_by_budgets(pods: Sequence[PodInfo], budgets: Sequence[Object]) -> frozenset[str]:
    """Uids of the pods whose eviction, one after the other, would exceed a PodDisruptionBudget."""
    left: dict[int, int] = {}
    violating = set()
    for pod in pods:
        for index, budget in enumerate(budgets):
            if not _covers(budget, pod):
                continue
            status: Mapping[str, Object] = budget.get("status") or {}
            if pod.name in (status.get("disruptedPods") or {}):
                continue
            left.setdefault(index, int(budget.get("status", {}).get("disruptionsAllowed") or 0))
            left[index] -= 1
            if left[index] < 0:
                violating.add(pod.uid)
    return frozenset(violating)


def _covers(budget: Object, pod: PodInfo) -> bool:
    if meta.namespace(budget) != pod.namespace:
        return False
    selector = LabelSelector.from_object(budget["spec"].get("selector"))
    return not selector.empty and selector.matches(pod.labels)


def _pain(eviction: Eviction) -> tuple[int, int, int, int, tuple[int, ...]]:
    """Smaller hurts less: budget violations, highest priority, sum of priorities, number, earliest start."""
    priorities = [victim.priority for victim in eviction.victims]
    highest = max(priorities, default=0)
    starts = [_start(victim) for victim in eviction.victims if victim.priority == highest]
    youngest_first = tuple(-ord(character) for character in min(starts, default=""))
    # Priorities may be negative; shifting them keeps "more victims" from looking better.
    total = sum(priority + 2**31 for priority in priorities)
    return eviction.violations, highest, total, len(priorities), youngest_first


def _start(pod: PodInfo) -> str:
    return str((pod.pod.get("status") or {}).get("startTime") or pod.pod["metadata"].get("creationTimestamp") or "")
