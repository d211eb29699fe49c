"""Room on nodes: what a pod requests, and what is free."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object, Objects
from liqolab.steps.why.causes.engine import Case

Amounts = dict[str, Quantity]


def lacking(case: Case, nodes: Objects) -> str:
    """Which request no node of `nodes` can fulfil, in words; empty when one of them has room for everything."""
    wanted = requests(case.object)
    running = case.evidence.list(case.cluster, PODS)
    free = {meta.name(node): _free(node, running) for node in nodes}
    for resource, amount in wanted.items():
        most = max(free, key=lambda name: free[name].get(resource, Quantity()), default="")
        if not most or free[most].get(resource, Quantity()) >= amount:
            continue
        left = free[most].get(resource, Quantity())
        what = "room for another pod" if resource == "pods" else f"{resource} {amount}"
        if resource == "pods":
            return f"no node has {what}"
        return f'it requests {what}; the most that a node has free is {left} (node "{most}")'
    return ""


def requests(pod: Object) -> Amounts:
    """What a pod requests of a node: the sum of its containers, or its largest init container."""
    spec = pod.get("spec") or {}
    total: Amounts = {"pods": Quantity.of(1)}
    for container in spec.get("containers") or ():
        for resource, amount in _requested(container).items():
            total[resource] = total.get(resource, Quantity()) + amount
    for container in spec.get("initContainers") or ():
        for resource, amount in _requested(container).items():
            total[resource] = max(total.get(resource, Quantity()), amount)
    return total


def _requested(container: Object) -> Amounts:
    amounts = meta.get_path(container, "resources", "requests", default={})
    return {resource: Quantity.parse(amount) for resource, amount in amounts.items()}


def _free(node: Object, pods: Objects) -> Amounts:
    allocatable = meta.get_path(node, "status", "allocatable", default={})
    free = {resource: Quantity.parse(amount) for resource, amount in allocatable.items()}
    for pod in pods:
        if meta.get_path(pod, "spec", "nodeName") != meta.name(node) or meta.pod_is_terminal(pod):
            continue
        for resource, amount in requests(pod).items():
            if resource in free:
                free[resource] = free[resource] - amount
    return free
