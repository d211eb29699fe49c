"""What the virtual node looks like. Pure functions from the provider's offer and the state of the tunnel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.virtualkubelet.pair import Pair

_NEEDED = ("cpu", "memory")
_OS, _ARCHITECTURE = "linux", "amd64"


@dataclass(frozen=True, slots=True)
class Health:
    """What the conditions of the node are derived from.

    Attributes:
        resources: whether the provider offers any CPU and memory.
        network: whether the tunnel is up.
        terminating: whether the offer has been withdrawn.
    """

    resources: bool
    network: bool
    terminating: bool = False

    @property
    def ready(self) -> bool:
        return self.resources and self.network and not self.terminating


def offered(offer: Object) -> dict[str, str]:
    """The resources of an offer; an unparsable quantity is offered as it is."""
    quota: dict[str, str] = meta.get_path(offer, "spec", "resourceQuota", "hard", default={})
    return {resource: str(quantity) for resource, quantity in quota.items()}


def sufficient(resources: dict[str, str]) -> bool:
    """Whether a pod could run on them at all."""
    try:
        return all(Quantity.parse(resources.get(name, "0")) > Quantity.parse(0) for name in _NEEDED)
    except ValueError:
        return False


def node_labels(pair: Pair, offer: Object) -> dict[str, str]:
    """All labels that the node must have: the provider's, and over them those that say what it is."""
    storage = "true" if meta.get_path(offer, "spec", "storageClasses") else "false"
    provider: dict[str, str] = meta.get_path(offer, "spec", "labels", default={})
    return {
        **provider,
        names.LABEL_HOSTNAME: pair.node,
        names.LABEL_ROLE: names.NODE_ROLE,
        names.LABEL_OS: _OS,
        names.LABEL_ARCH: _ARCHITECTURE,
        names.LABEL_TYPE: names.TYPE_VIRTUAL_NODE,
        names.LABEL_REMOTE_CLUSTER_ID: pair.foreign_id,
        names.LABEL_EXCLUDE_BALANCER: "true",
        names.LABEL_EXCLUDE_BALANCER_ALPHA: "true",
        names.LABEL_STORAGE_AVAILABLE: storage,
    }


def new_node(pair: Pair, offer: Object) -> Object:
    return NODES.manifest(pair.node, labels=node_labels(pair, offer), spec={"taints": [names.not_allowed_taint()]})


def node_status(pair: Pair, before: Object, resources: dict[str, str], version: str, health: Health) -> Object:
    """The part of the node's status that a kubelet owns, with the conditions as they were `before` where they hold."""
    allocatable = {} if health.terminating else resources
    return {
        "capacity": resources,
        "allocatable": allocatable,
        "addresses": [{"type": "InternalIP", "address": pair.address}],
        "conditions": conditions(before.get("conditions") or (), health),
        "daemonEndpoints": {"kubeletEndpoint": {"Port": names.KUBELET_PORT}},
        "nodeInfo": {
            "architecture": _ARCHITECTURE,
            "bootID": "",
            "containerRuntimeVersion": "",
            "kernelVersion": "",
            "kubeProxyVersion": "",
            "kubeletVersion": version,
            "machineID": "",
            "operatingSystem": _OS,
            "osImage": "",
            "systemUUID": "",
        },
    }


def conditions(before: Iterable[Object], health: Health) -> list[Object]:
    """The node's conditions; those that this virtual kubelet knows nothing of are kept."""
    well = {
        texts.NODE_READY.type: health.ready,
        texts.NODE_MEMORY_PRESSURE.type: health.resources and not health.terminating,
        texts.NODE_DISK_PRESSURE.type: health.resources,
        texts.NODE_PID_PRESSURE.type: health.resources,
        texts.NODE_NETWORK_UNAVAILABLE.type: health.network,
    }
    rows = list(before)
    for condition in texts.NODE_CONDITIONS:
        text = condition.healthy if well[condition.type] else condition.unhealthy
        old = meta.find_condition(rows, condition.type)
        if old is not None and old.get("status") == text.status:
            continue
        fresh = {"type": condition.type, "status": text.status, "reason": text.reason, "message": text.message}
        rows = meta.set_condition(rows, fresh)
    return rows


def beating(rows: Iterable[Object], now: str) -> list[Object]:
    """The conditions with their heartbeat."""
    own = {condition.type for condition in texts.NODE_CONDITIONS}
    return [{**row, "lastHeartbeatTime": now} if row.get("type") in own else row for row in rows]
