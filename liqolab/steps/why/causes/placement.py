"""Pods that no node is found for: what they require, what the namespace allows, and what the nodes have.

The scheduler's own sentence counts nodes; these name the requirement and the labels, by evaluating the same rules on
the same objects. What they cannot explain is told in the scheduler's words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES, PERSISTENT_VOLUME_CLAIMS
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import node_affinity_matches, untolerated_taint
from liqolab.steps.why.causes import capacity, phrases, policy
from liqolab.steps.why.causes.engine import Case, Finding
from liqolab.steps.why.causes.owners import template_of, workload_name
from liqolab.steps.why.causes.policy import Policy

_HARD = ("NoSchedule", "NoExecute")
_NOT_READY = {
    "node.kubernetes.io/not-ready": "is not ready",
    "node.kubernetes.io/unreachable": "does not report any more",
    "node.kubernetes.io/network-unavailable": "has no network",
}
"""Taints that tell of a state of the node."""

_CORDONED = "node.kubernetes.io/unschedulable"


def unscheduled(case: Case) -> Finding | None:
    """Why a Pending pod has no node."""
    pod = case.object
    condition = meta.find_condition(pod, "PodScheduled")
    if meta.get_path(pod, "spec", "nodeName") or meta.is_deleting(pod) or condition is None:
        return None
    if condition.get("status") != "False":
        return None
    who = workload_name(case.evidence, case.cluster, pod)
    if condition.get("reason") == "SchedulingGated":
        gates = phrases.quoted(gate["name"] for gate in meta.get_path(pod, "spec", "schedulingGates", default=[]))
        return Finding(f"{who} is Pending: it is held back by scheduling gate {gates}")
    search = _Search(case, who)
    message = condition.get("message", "").partition(" preemption:")[0].rstrip(". ")
    return (
        _claims(case, who)
        or search.requirements()
        or search.taints()
        or search.resources()
        or (Finding(f"{who} is Pending: the scheduler says: {message}") if message else None)
    )


@dataclass(frozen=True, slots=True)
class NodeChoice:
    """One node, and whether the pod's author and the namespace's policy would each take it."""

    node: str
    required: bool
    allowed: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """Where a pod may run: what it requires and what its namespace allows, in words and for each node.

    Attributes:
        requires, allows: as causes word it, such as ``region=south``; empty for no demand.
    """

    requires: str
    allows: str
    nodes: tuple[NodeChoice, ...]


def choices(case: Case) -> Choices:
    """All nodes of the pod's cluster, each held against both demands.

    Raises:
        SilentError: the cluster does not say.
    """
    search = _Search(case, case.name)
    own, allowed = _terms(search.asked), search.policy
    rows = (
        NodeChoice(meta.name(node), node_affinity_matches(search.asked, node), allowed is None or allowed.allows(node))
        for node in search.nodes
    )
    words = phrases.terms(own) if own else ""
    return Choices(words, allowed.wording if allowed else "", tuple(sorted(rows, key=lambda row: row.node)))


def _claims(case: Case, who: str) -> Finding | None:
    """A volume claim that the pod waits for."""
    for volume in meta.get_path(case.object, "spec", "volumes", default=[]):
        name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        if not name:
            continue
        claim = case.evidence.get(case.cluster, PERSISTENT_VOLUME_CLAIMS, name, case.namespace)
        if claim is None:
            text = f'it mounts volume claim "{name}", which does not exist in namespace "{case.namespace}"'
            return Finding(f"{who} is Pending: {text}")
        if meta.get_path(claim, "status", "phase") != "Bound" and "claim" in _said(case):
            text = f'{who} is Pending: it waits for volume claim "{name}"'
            return Finding(text, case.place(PERSISTENT_VOLUME_CLAIMS, claim))
    return None


def _said(case: Case) -> str:
    return str((meta.find_condition(case.object, "PodScheduled") or {}).get("message", "")).lower()


@dataclass(frozen=True)
class _Search:
    """The scheduler's search for a node, one filter after the other."""

    case: Case
    who: str

    @cached_property
    def nodes(self) -> Objects:
        return self.case.evidence.list(self.case.cluster, NODES)

    @cached_property
    def policy(self) -> Policy | None:
        return policy.of_namespace(self.case.evidence, self.case.cluster, self.case.namespace)

    @cached_property
    def asked(self) -> Object:
        """The pod as its author wrote it: the policy that admission has added to it taken out."""
        template = template_of(self.case.evidence, self.case.cluster, self.case.object)
        return template or _without_policy(self.case.object, self.policy)

    @cached_property
    def matching(self) -> Objects:
        """Nodes that fulfil what the pod's author and the namespace's policy demand."""
        return [node for node in self.nodes if node_affinity_matches(self.case.object, node)]

    def requirements(self) -> Finding | None:
        if self.matching:
            return None
        if not self.nodes:
            return Finding(f'{self.who} is Pending: cluster "{self.case.cluster}" has no nodes')
        own = phrases.terms(_terms(self.asked))
        fitting = [node for node in self.nodes if node_affinity_matches(self.asked, node)]
        if _terms(self.asked) and not fitting:
            return self._finding(f"it requires {own}; no node has that ({self._seen()})")
        if self.policy is None or any(self.policy.allows(node) for node in fitting):
            return None
        allowed = f"the namespace allows {self.policy.wording}"
        if not _terms(self.asked):
            return self._finding(f"{allowed}; no node satisfies that")
        return self._finding(f"it requires {own}; {allowed}; no node satisfies both")

    def _seen(self) -> str:
        keys = dict.fromkeys(row.get("key", "") for term in _terms(self.asked) for row in term)
        seen = phrases.labels_seen(self.nodes, keys)
        if seen != "none":
            return f"nodes have {seen}"
        return f"no node has a label {phrases.listed(map(phrases.key_of, keys))}"

    def taints(self) -> Finding | None:
        """All nodes that would do keep pods away."""
        blocked = [(node, _obstacle(self.case.object, node)) for node in self.matching]
        if not blocked or not all(taint for _, taint in blocked):
            return None
        for node, taint in blocked:
            if taint and taint["key"] in _NOT_READY:
                text = f'{self.who} is Pending: node "{meta.name(node)}" {_NOT_READY[taint["key"]]}'
                return Finding(text, self.case.place(NODES, node))
        if all(taint and taint["key"] == policy.VIRTUAL_TAINT for _, taint in blocked) and self.policy is None:
            where = phrases.quoted(meta.name(node) for node, _ in blocked)
            return self._finding(
                f'only {where} would do, which stands for another cluster, and namespace "{self.case.namespace}" is '
                "not offloaded"
            )
        return self._finding("; ".join(_refusal(node, taint) for node, taint in blocked[:3] if taint))

    def resources(self) -> Finding | None:
        """No node that would do, and lets the pod in, has room."""
        open_nodes = [node for node in self.matching if _obstacle(self.case.object, node) is None]
        text = capacity.lacking(self.case, open_nodes) if "insufficient" in _said(self.case) or open_nodes else ""
        return self._finding(text) if text else None

    def _finding(self, text: str) -> Finding:
        return Finding(f"{self.who} is Pending: {text}")


def _obstacle(pod: Object, node: Object) -> Object | None:
    """The taint that keeps the pod away; a cordoned node has one even before its taint is written."""
    taint = untolerated_taint(pod, node, _HARD)
    if taint is None and meta.get_path(node, "spec", "unschedulable"):
        cordon = {"spec": {"taints": [{"key": _CORDONED, "effect": "NoSchedule"}]}}
        return untolerated_taint(pod, cordon, _HARD)
    return taint


def _refusal(node: Object, taint: Object) -> str:
    name = meta.name(node)
    if taint["key"] == _CORDONED:
        return f'node "{name}" is cordoned'
    value = f"={taint['value']}" if taint.get("value") else ""
    return f'node "{name}" has taint {taint["key"]}{value}:{taint["effect"]}, which it does not tolerate'


def _terms(pod: Object) -> list[Objects]:
    """What a pod demands of a node: terms, of which one must hold, of requirements, which must all hold."""
    spec = pod.get("spec") or {}
    plain = [
        {"key": key, "operator": "In", "values": [value]} for key, value in (spec.get("nodeSelector") or {}).items()
    ]
    path = ("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    rows: Objects = meta.get_path(spec, *path, default=[])
    terms = [[*plain, *(row.get("matchExpressions") or ()), *(row.get("matchFields") or ())] for row in rows]
    return terms or ([plain] if plain else [])


def _without_policy(pod: Object, allowed: Policy | None) -> Object:
    """The pod without the requirements that are the policy's own."""
    own = [row for term in (allowed.terms if allowed else ()) for row in term.get("matchExpressions") or ()]

    def kept(rows: Objects) -> Objects:
        fresh = [row for row in rows if row not in own and row.get("key") != "liqo.io/type"]
        # What was asked for twice, by the author and by the policy, was asked for by the author.
        twice = [row for row in rows if row in own and rows.count(row) > 1]
        return [*fresh, *(row for index, row in enumerate(twice) if row not in twice[:index])]

    terms = [kept(rows) for rows in _terms(pod)]
    unique = [rows for index, rows in enumerate(terms) if rows and rows not in terms[:index]]
    if not unique:
        return {"spec": {}}
    required = {"nodeSelectorTerms": [{"matchExpressions": rows} for rows in unique]}
    return {"spec": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}}
