"""How much of a cluster is offered to a peer.

A share of what is free: the allocatable resources of healthy physical nodes, minus what running pods request, except
the pods of that very peer, which it has been promised already. CPU is counted in thousandths, memory in millions of
bytes, everything else in whole units: a share of something scarce (90 % of one GPU) is therefore nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names

CPU: Final = "cpu"
MEMORY: Final = "memory"
_MEGA: Final = 1_000_000


def offered(nodes: Iterable[Object], pods: Iterable[Object], consumer_id: str, percentage: int) -> dict[str, str]:
    """``resourceQuota.hard`` of an offer to the cluster `consumer_id`.

    Args:
        nodes: all of this cluster.
        pods: all of this cluster.
        consumer_id: the peer; pods that it has offloaded here do not count as used.
        percentage: the share, 0-100.
    """
    healthy = {meta.name(node): node for node in nodes if _offers_resources(node)}
    free: defaultdict[str, Quantity] = defaultdict(lambda: Quantity.of(0))
    for node in healthy.values():
        for resource, amount in meta.get_path(node, "status", "allocatable", default={}).items():
            free[resource] += Quantity.parse(amount)
    for pod in pods:
        if pod["spec"].get("nodeName") in healthy and meta.labels(pod).get(names.LABEL_ORIGIN) != consumer_id:
            for resource, used in running_requests(pod).items():
                if resource in free:
                    free[resource] -= used
    return {resource: _share(resource, amount, percentage) for resource, amount in sorted(free.items())}


def _offers_resources(node: Object) -> bool:
    virtual = meta.labels(node).get(names.LABEL_TYPE) == names.TYPE_VIRTUAL_NODE
    return not virtual and meta.condition_is_true(node, "Ready")


def running_requests(pod: Object) -> dict[str, Quantity]:
    """What a running pod requests: its containers together, or an init container that needs more; else nothing."""
    if meta.get_path(pod, "status", "phase") != "Running":
        return {}
    total = _sum(pod["spec"].get("containers", []))
    for container in pod["spec"].get("initContainers") or []:
        for resource, amount in _requests(container).items():
            total[resource] = max(total.get(resource, amount), amount)
    for resource, amount in (pod["spec"].get("overhead") or {}).items():
        total[resource] = total.get(resource, Quantity.of(0)) + Quantity.parse(amount)
    return total


def _sum(containers: Iterable[Object]) -> dict[str, Quantity]:
    total: dict[str, Quantity] = {}
    for container in containers:
        for resource, amount in _requests(container).items():
            total[resource] = total.get(resource, Quantity.of(0)) + amount
    return total


def _requests(container: Object) -> dict[str, Quantity]:
    declared = meta.get_path(container, "resources", "requests", default={})
    return {resource: Quantity.parse(amount) for resource, amount in declared.items()}


def _share(resource: str, free: Quantity, percentage: int) -> str:
    if resource == CPU:
        return str(Quantity.of_millis(max(0, free.millis() * percentage // 100)))
    if resource == MEMORY:
        mega = -(-free.value() // _MEGA)
        return str(Quantity.of(max(0, mega * percentage // 100) * _MEGA))
    return str(Quantity.of(max(0, free.value() * percentage // 100)))


def differs(old: Mapping[str, str], new: Mapping[str, str], threshold: int) -> bool:
    """Whether an offer is to be renewed: a resource came or went, or changed by more than `threshold` percent."""
    if old.keys() != new.keys():
        return True
    return any(_changed(Quantity.parse(old[resource]), Quantity.parse(new[resource]), threshold) for resource in new)


def _changed(old: Quantity, new: Quantity, threshold: int) -> bool:
    difference = abs(new.millis() - old.millis())
    return difference * 100 > old.millis() * threshold
