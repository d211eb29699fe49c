"""Sentences about scheduling: where the scheduler put pods, why it could not, and what they ask for.

A pod is scheduled when its ``spec.nodeName`` is set; whether it runs there is another question, and `runs on node` asks
both.
"""

from __future__ import annotations

import ipaddress
import re

from liqolab.apimachinery.meta import get_path
from liqolab.apimachinery.resources import Object
from liqolab.steps.clusters import Cluster, is_virtual
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Difference
from liqolab.steps.observe import Miss, Subject, observe
from liqolab.steps.registry import then
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import Verdict, find_condition, one, some

_RULE = re.compile(r"(?P<key>\S+) (?P<operator>In|NotIn|Exists|DoesNotExist|Gt|Lt)(?: \((?P<values>[^)]*)\))?")


@then("pod {name}[ in namespace {namespace}][ in cluster {cluster}] is scheduled on node {node}", about="pod")
def pod_is_scheduled_on(subject: Subject, node: str, timing: Timing) -> None:
    """Holds when the pod is bound to that node, whether it runs already or not."""
    observe(subject, one(_on([node])), timing)


@then(
    "a pod matching {labels}[ in namespace {namespace}][ in cluster {cluster}] is scheduled on node {node}", about="pod"
)
def some_pod_is_scheduled_on(subject: Subject, node: str, timing: Timing) -> None:
    """Holds when at least one of the pods is bound to that node, whether it runs already or not."""
    observe(subject, some(_on([node])), timing)


@then("pod {name}[ in namespace {namespace}][ in cluster {cluster}] is scheduled on a virtual node", about="pod")
def pod_is_on_a_virtual_node(subject: Subject, timing: Timing) -> None:
    """Holds when the pod is bound to a node behind which Liqo has another cluster."""
    observe(subject, one(_on_a_node(subject.cluster, virtual=True)), timing)


@then("pod {name}[ in namespace {namespace}][ in cluster {cluster}] is scheduled on a physical node", about="pod")
def pod_is_on_a_physical_node(subject: Subject, timing: Timing) -> None:
    """Holds when the pod is bound to one of the cluster's own nodes."""
    observe(subject, one(_on_a_node(subject.cluster, virtual=False)), timing)


@then("a pod matching {labels}[ in namespace {namespace}][ in cluster {cluster}] runs on node {node}", about="pod")
def pod_runs_on(subject: Subject, node: str, timing: Timing) -> None:
    """Holds when at least one of the pods is Running on that node."""
    observe(subject, some(_runs_on([node])), timing)


@then("a pod matching {labels}[ in namespace {namespace}][ in cluster {cluster}] runs on one of {nodes}", about="pod")
def pod_runs_on_one_of(subject: Subject, nodes: str, timing: Timing) -> None:
    """Holds when at least one of the pods is Running on one of the nodes, which are separated by commas."""
    allowed = [name.strip() for name in nodes.split(",")]
    observe(subject, some(_runs_on(allowed)), timing)


@then("no pod[ in namespace {namespace}][ in cluster {cluster}] is on node {node}", negative=True, about="pod")
def no_pod_on_node(subject: Subject, node: str, timing: Timing) -> None:
    """Holds when no pod that has not ended is bound to that node."""

    def holds(items: list[Object]) -> Miss | None:
        there = [pod for pod in items if pod["spec"].get("nodeName") == node and not _ended(pod)]
        names = ", ".join(pod["metadata"]["name"] for pod in there)
        return Miss(f"there are {names}", actual=there[0]) if there else None

    observe(subject, holds, timing)


@then("a pod matching {labels}[ in namespace {namespace}][ in cluster {cluster}] has an address in {cidr}", about="pod")
def pod_has_address(subject: Subject, cidr: str, timing: Timing) -> None:
    """Holds when the address of at least one of the pods is of that network, written like `10.204.0.0/16`."""
    try:
        network = ipaddress.ip_network(cidr)
    except ValueError as error:
        raise CheckFailedError(f'"{cidr}" is no network: {error}') from None

    def verdict(pod: Object) -> Miss | None:
        address = pod["status"].get("podIP")
        if address and ipaddress.ip_address(address) in network:
            return None
        return Miss(f"has address {address or 'none'}", (Difference(".status.podIP", f"in {cidr}", address or "none"),))

    observe(subject, some(verdict), timing)


@then("pod {name}[ in namespace {namespace}][ in cluster {cluster}] is unschedulable because {text}", about="pod")
def pod_is_unschedulable(subject: Subject, text: str, timing: Timing) -> None:
    """Holds when the scheduler found no node for the pod, and the text is a part of what it said about it."""
    observe(subject, one(_unschedulable(text)), timing)


@then(
    "a pod matching {labels}[ in namespace {namespace}][ in cluster {cluster}] is unschedulable because {text}",
    about="pod",
)
def some_pod_is_unschedulable(subject: Subject, text: str, timing: Timing) -> None:
    """Holds when the scheduler found no node for at least one of the pods, and the text is a part of what it said."""
    observe(subject, some(_unschedulable(text)), timing)


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] has node affinity requiring {rule}")
def has_node_affinity(subject: Subject, rule: str, timing: Timing) -> None:
    """Holds when each way in which the pod (or the workload's template) may be placed has the rule.

    It is written as kubectl describe shows it: `region In (south)`, `liqo.io/type NotIn (virtual-node)`,
    `disk Exists`.
    """
    observe(subject, one(_requires(rule)), timing)


def _on(nodes: list[str]) -> Verdict:
    def verdict(pod: Object) -> Miss | None:
        where = pod["spec"].get("nodeName")
        if where in nodes:
            return None
        difference = Difference(".spec.nodeName", " or ".join(nodes), where or "nothing")
        return Miss(f"is on node {where}" if where else f"is on no node yet{_why_not(pod)}", (difference,))

    return verdict


def _runs_on(nodes: list[str]) -> Verdict:
    def verdict(pod: Object) -> Miss | None:
        phase, where = pod["status"].get("phase"), pod["spec"].get("nodeName")
        wrong = []
        if phase != "Running":
            wrong.append(Difference(".status.phase", "Running", str(phase)))
        if where not in nodes:
            wrong.append(Difference(".spec.nodeName", " or ".join(nodes), where or "nothing"))
        return Miss(f"is {phase} on {where or 'no node'}{_why_not(pod)}", tuple(wrong)) if wrong else None

    return verdict


def _on_a_node(cluster: Cluster, *, virtual: bool) -> Verdict:
    def verdict(pod: Object) -> Miss | None:
        where = pod["spec"].get("nodeName")
        if not where:
            return Miss(f"is on no node yet{_why_not(pod)}")
        # A node that is new since the check began counts too, so it is asked for when a pod names it.
        if is_virtual(cluster, where) == virtual:
            return None
        return Miss(f"is on node {where}, which is not {'virtual' if virtual else 'physical'}")

    return verdict


def _unschedulable(text: str) -> Verdict:
    def verdict(pod: Object) -> Miss | None:
        condition = find_condition(pod, "PodScheduled")
        if condition is None or condition["status"] != "False":
            return Miss(f"is scheduled on {pod['spec'].get('nodeName') or 'no node yet'}")
        said = condition.get("message", "")
        path = ".status.conditions[?(@.type=='PodScheduled')].message"
        return None if text in said else Miss(f"is unschedulable, but because: {said}", (Difference(path, text, said),))

    return verdict


def _requires(rule: str) -> Verdict:
    found = _RULE.fullmatch(rule.strip())
    if found is None:
        raise CheckFailedError(f'"{rule}" is no rule of an affinity; write it like: topology.liqo.io/region In (south)')
    values = sorted(value.strip() for value in (found["values"] or "").split(",") if value.strip())
    wanted = (found["key"], found["operator"], values)

    def verdict(item: Object) -> Miss | None:
        spec = get_path(item, "spec", "template", "spec") or get_path(item, "spec")
        required = get_path(
            spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", default={}
        )
        terms = [[_rule(row) for row in term.get("matchExpressions") or []] for term in _terms(required)]
        if terms and all(wanted in term for term in terms):
            return None
        shown = " or ".join(" and ".join(map(_shown, term)) or "nothing" for term in terms) or "nothing"
        path = ".spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
        return Miss(f"requires {shown}", (Difference(path, rule, shown),))

    return verdict


def _terms(required: Object) -> list[Object]:
    terms: list[Object] = required.get("nodeSelectorTerms") or []
    return terms


def _rule(row: Object) -> tuple[str, str, list[str]]:
    return row["key"], row["operator"], sorted(row.get("values") or [])


def _shown(rule: tuple[str, str, list[str]]) -> str:
    key, operator, values = rule
    return f"{key} {operator} ({', '.join(values)})" if values else f"{key} {operator}"


def _why_not(pod: Object) -> str:
    condition = find_condition(pod, "PodScheduled")
    if condition is None or condition["status"] != "False":
        return ""
    return f": {condition.get('message') or condition.get('reason', '')}"


def _ended(pod: Object) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")
