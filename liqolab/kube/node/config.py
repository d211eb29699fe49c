"""What a node is told about itself."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

from liqolab.apimachinery.resources import Object

CONTROL_PLANE = "control-plane"
WORKER = "worker"
KUBELET_PORT = 10250

_SLICE_PREFIX = 24
_CAPACITY = {"cpu": "8", "memory": "16Gi", "pods": "110", "ephemeral-storage": "100Gi"}


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """One node of an embedded cluster.

    Attributes:
        name: the node's name and hostname.
        cluster: the cluster's name.
        version: the Kubernetes version that the cluster claims (``v1.23.6``).
        address: the node's InternalIP, on the machine's loopback network.
        pod_cidr: the node's slice of the pod network.
        directory: the cluster's folder; pods live in ``pods/`` below it.
        role: ``control-plane`` or ``worker``.
        labels, taints: in addition to the usual ones.
        capacity: of the simulated machine.
        cluster_cidr, service_cidr: what the control plane's command lines say.
        api_server: (address, port) of the API server's own socket.
        kubelet_port: of the kubelet endpoint.
        tls: serving context of the kubelet endpoint; without one there is no endpoint.
    """

    name: str
    cluster: str
    version: str
    address: str
    pod_cidr: str
    directory: Path
    role: str = CONTROL_PLANE
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Mapping[str, str], ...] = ()
    capacity: Mapping[str, str] = field(default_factory=lambda: dict(_CAPACITY))
    cluster_cidr: str = "10.244.0.0/16"
    service_cidr: str = "10.96.0.0/16"
    api_server: tuple[str, int] = ("127.0.0.1", 6443)
    kubelet_port: int = KUBELET_PORT
    tls: ssl.SSLContext | None = None

    @property
    def is_control_plane(self) -> bool:
        return self.role == CONTROL_PLANE


def node_configs(
    cluster: Object,
    directory: Path,
    address: str,
    api_server: tuple[str, int],
    tls: ssl.SSLContext | None = None,
) -> list[NodeConfig]:
    """The nodes that a ``cluster.json`` asks for; the control plane takes ordinary pods only if there are no workers.

    Args:
        cluster: the document.
        directory: the cluster's folder.
        address: the cluster's node address; all nodes of a cluster share it, told apart by their kubelets' ports.
        api_server: where the API server listens.
        tls: serving context of the kubelets.
    """
    rows: list[Object] = cluster["nodes"]
    slices = _slices(cluster["podCIDR"], len(rows))
    has_workers = any(row.get("role") == WORKER for row in rows)
    keep_free = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
    return [
        NodeConfig(
            name=row["name"],
            cluster=cluster["name"],
            version=cluster["version"],
            address=address,
            pod_cidr=pod_cidr,
            directory=directory,
            role=row.get("role") or CONTROL_PLANE,
            labels=row.get("labels") or {},
            taints=(keep_free,) if has_workers and row.get("role") != WORKER else (),
            cluster_cidr=cluster["podCIDR"],
            service_cidr=cluster["serviceCIDR"],
            api_server=api_server,
            kubelet_port=KUBELET_PORT + index,
            tls=tls,
        )
        for index, (row, pod_cidr) in enumerate(zip(rows, slices, strict=True))
    ]


def _slices(cidr: str, count: int) -> list[str]:
    """Equal slices of the pod network, ``/24`` wherever that leaves enough of them."""
    network = IPv4Network(cidr, strict=False)
    prefix = max(_SLICE_PREFIX, network.prefixlen)
    while 2 ** (prefix - network.prefixlen) < count:
        prefix += 1
    subnets = network.subnets(new_prefix=prefix)
    return [str(next(subnets)) for _ in range(count)]
