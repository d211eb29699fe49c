"""Sentences about nodes, deployments and pods: their state, and where the scheduler put them or why it could not."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from liqolab.apimachinery.resources import Object
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Subject, observe
from liqolab.steps.registry import then
from liqolab.steps.timing import Timing


@then("node {name} in cluster {cluster} is Ready")
def node_is_ready(lab: Lab, name: str, cluster: str, timing: Timing) -> None:
    observe(Subject.named(lab.cluster(cluster), "node", name), _condition_is_true("Ready"), timing)


@then("deployment {name} in namespace {namespace} in cluster {cluster} is Available")
def deployment_is_available(lab: Lab, name: str, namespace: str, cluster: str, timing: Timing) -> None:
    subject = Subject.named(lab.cluster(cluster), "deployment", name, namespace)
    observe(subject, _condition_is_true("Available"), timing)


@then("every pod in namespace {namespace} in cluster {cluster} is Ready")
def every_pod_is_ready(lab: Lab, namespace: str, cluster: str, timing: Timing) -> None:
    def holds(items: list[Object]) -> str | None:
        if not items:
            return "there is no pod"
        judged = [(item["metadata"]["name"], _condition_is_true("Ready")([item])) for item in items]
        waiting = [f"{name}: {reason}" for name, reason in judged if reason]
        return "; ".join(waiting) or None

    observe(Subject(lab.cluster(cluster), "pod", namespace), holds, timing)


@then("a pod matching {labels} in namespace {namespace} in cluster {cluster} is {phase:word}")
def pod_is_in_phase(lab: Lab, labels: str, namespace: str, cluster: str, phase: str, timing: Timing) -> None:
    observe(
        Subject(lab.cluster(cluster), "pod", namespace, labels),
        _some(lambda pod: None if pod["status"].get("phase") == phase else f"is {pod['status'].get('phase')}"),
        timing,
    )


@then("a pod matching {labels} in namespace {namespace} in cluster {cluster} runs on node {node}")
def pod_runs_on(lab: Lab, labels: str, namespace: str, cluster: str, node: str, timing: Timing) -> None:
    def verdict(pod: Object) -> str | None:
        phase, where = pod["status"].get("phase"), pod["spec"].get("nodeName")
        return None if phase == "Running" and where == node else f"is {phase} on {where or 'no node'}"

    observe(Subject(lab.cluster(cluster), "pod", namespace, labels), _some(verdict), timing)


@then("a pod matching {labels} in namespace {namespace} in cluster {cluster} runs on one of {nodes}")
def pod_runs_on_one_of(lab: Lab, labels: str, namespace: str, cluster: str, nodes: str, timing: Timing) -> None:
    allowed = [name.strip() for name in nodes.split(",")]

    def verdict(pod: Object) -> str | None:
        phase, where = pod["status"].get("phase"), pod["spec"].get("nodeName")
        return None if phase == "Running" and where in allowed else f"is {phase} on {where or 'no node'}"

    observe(Subject(lab.cluster(cluster), "pod", namespace, labels), _some(verdict), timing)


@then("no pod in namespace {namespace} in cluster {cluster} is on node {node}")
def no_pod_on_node(lab: Lab, namespace: str, cluster: str, node: str, timing: Timing) -> None:
    def holds(items: list[Object]) -> str | None:
        there = [pod["metadata"]["name"] for pod in items if pod["spec"].get("nodeName") == node and not _ended(pod)]
        return f"there are {', '.join(there)}" if there else None

    observe(Subject(lab.cluster(cluster), "pod", namespace), holds, timing)


@then("a pod matching {labels} in namespace {namespace} in cluster {cluster} has an address in {cidr}")
def pod_has_address(lab: Lab, labels: str, namespace: str, cluster: str, cidr: str, timing: Timing) -> None:
    network = ipaddress.ip_network(cidr)

    def verdict(pod: Object) -> str | None:
        address = pod["status"].get("podIP")
        return None if address and ipaddress.ip_address(address) in network else f"has address {address or 'none'}"

    observe(Subject(lab.cluster(cluster), "pod", namespace, labels), _some(verdict), timing)


@then("a pod matching {labels} in namespace {namespace} in cluster {cluster} is unschedulable because {text}")
def pod_is_unschedulable(lab: Lab, labels: str, namespace: str, cluster: str, text: str, timing: Timing) -> None:
    def verdict(pod: Object) -> str | None:
        condition = _condition(pod, "PodScheduled")
        if condition is None or condition["status"] != "False":
            return f"is scheduled on {pod['spec'].get('nodeName') or 'no node yet'}"
        return None if text in condition.get("message", "") else f"says {condition.get('message')!r}"

    observe(Subject(lab.cluster(cluster), "pod", namespace, labels), _some(verdict), timing)


def _condition(item: Object, type: str) -> Object | None:
    conditions: list[Object] = item.get("status", {}).get("conditions") or []
    return next((condition for condition in conditions if condition["type"] == type), None)


def _condition_is_true(type: str) -> Callable[[list[Object]], str | None]:
    def holds(items: list[Object]) -> str | None:
        if not items:
            return "it does not exist"
        condition = _condition(items[0], type)
        if condition is None:
            return f"it has no condition {type}"
        if condition["status"] == "True":
            return None
        return f"{type} is {condition['status']}: {condition.get('reason', '')} {condition.get('message', '')}".rstrip()

    return holds


def _some(verdict: Callable[[Object], str | None]) -> Callable[[list[Object]], str | None]:
    """Holds when it does for at least one living object; otherwise tells of each why not."""

    def holds(items: list[Object]) -> str | None:
        living = [item for item in items if not item["metadata"].get("deletionTimestamp")]
        if not living:
            return "there is none"
        judged = [(item["metadata"]["name"], verdict(item)) for item in living]
        if any(reason is None for _, reason in judged):
            return None
        return "; ".join(f"{name} {reason}" for name, reason in judged)

    return holds


def _ended(pod: Object) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")
