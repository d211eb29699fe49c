"""A cluster's folder: what the playground writes into it, what the cluster writes back, and what it keeps.

======================  =============================================================
``cluster.json``        the cluster as it was ordered (see `ClusterConfig`)
``endpoints.json``      port and node address, chosen at the first start and kept
``kubeconfig``          administrator's access
``run.json``            the running process; gone when it has stopped in an orderly way
``faults.json``         what is wrong on purpose; gone when nothing is (see `liqolab.kube.faults`)
``faults.applied``      what of it the process goes by
``pki/``                certificates and keys
``store.db``            all objects
``lock``                held by the process for as long as it lives
``log``                 what the process says
======================  =============================================================
"""

from __future__ import annotations

import ipaddress
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from liqolab.apimachinery.resources import Object

SECURE_PORT: Final = 6443
"""Where the API server also listens on the node's address, as a control-plane node's does."""

KUBELET_PORT: Final = 10250
"""Of a cluster's first node; the others count on from there."""

CONTROL_PLANE: Final = "control-plane"
WORKER: Final = "worker"
MASTER: Final = "master"
"""What kubeadm called a control plane before it was called that."""

# Of kubeadm's change of names: 1.24 dropped the label and added the taint, 1.25 dropped the old taint.
_NO_MASTER_LABEL: Final = (1, 24)
_CONTROL_PLANE_TAINT: Final = (1, 24)
_NO_MASTER_TAINT: Final = (1, 25)
_SLICE_PREFIX: Final = 24

OPTIONAL_ADDONS: Final = ("kindnet", "kube-proxy")
"""What a cluster of KinD's has in ``kube-system`` unless it is told not to."""


class ConfigError(Exception):
    """The folder or its ``cluster.json`` is not usable; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class PortMapping:
    """A port of the machine, on loopback, that leads to one of a node; `host_port` 0 for any that is free."""

    container_port: int
    host_port: int
    address: str


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """A simulated node, as it was ordered and with its share of what its cluster has.

    Attributes:
        name: the node's name and hostname.
        role: ``control-plane`` or ``worker``.
        labels: in addition to the usual ones.
        version: its kubelet's.
        pod_cidr: its slice of the pod network.
        kubelet_port: all nodes of a cluster share one address, told apart by their kubelets' ports.
        taints: unless they were ordered, a control plane takes ordinary pods only if it is alone.
        port_mappings: ports of the machine that lead to it.
    """

    name: str
    role: str
    labels: Object
    pod_cidr: str
    kubelet_port: int
    taints: tuple[Object, ...]
    version: str
    port_mappings: tuple[PortMapping, ...] = ()

    @property
    def is_control_plane(self) -> bool:
        return self.role == CONTROL_PLANE


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """The order for a cluster.

    Attributes:
        name: the cluster's name, ``venice``.
        version: the Kubernetes version its nodes and ``/version`` report, ``v1.23.6``.
        pod_cidr, service_cidr: IPv4 networks; the first service address is the API server's.
        nodes: at least one.
        address: loopback address of the API server.
        port: its port; 0 leaves the choice to the first start.
        kubeconfig_name: name of cluster, user and context in the kubeconfig.
        addons: which of those that can be left out the cluster has.
    """

    name: str
    version: str
    pod_cidr: str
    service_cidr: str
    nodes: tuple[NodeConfig, ...]
    address: str = "127.0.0.1"
    port: int = 0
    kubeconfig_name: str = ""
    addons: tuple[str, ...] = OPTIONAL_ADDONS

    @staticmethod
    def load(folder: Path) -> ClusterConfig:
        """The order in ``cluster.json``.

        Raises:
            ConfigError: it is missing, unreadable or makes no sense.
        """
        path = folder / "cluster.json"
        try:
            document = orjson.loads(path.read_bytes())
            return ClusterConfig._from(document)
        except FileNotFoundError:
            raise ConfigError(f"{path} does not exist; create the cluster first") from None
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
        except orjson.JSONDecodeError as error:
            raise ConfigError(f"{path} is not JSON: {error}") from error
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path}: {_explain(error)}") from error

    @staticmethod
    def _from(document: dict[str, Any]) -> ClusterConfig:
        api = document.get("apiServer") or {}
        name = document["name"]
        nodes = _nodes(document["nodes"], _network_text(document["podCIDR"]), document["version"])
        if not nodes:
            raise ValueError("a cluster needs at least one node")
        address = api.get("address") or "127.0.0.1"
        _refuse_public("apiServer.address", address)
        return ClusterConfig(
            name=name,
            version=document["version"],
            pod_cidr=document["podCIDR"],
            service_cidr=_network_text(document["serviceCIDR"]),
            nodes=nodes,
            address=address,
            port=int(api.get("port") or 0),
            kubeconfig_name=document.get("kubeconfigName") or name,
            addons=tuple(document.get("addons", OPTIONAL_ADDONS)),
        )

    @property
    def service_address(self) -> str:
        """ClusterIP of the service ``kubernetes``."""
        return str(ipaddress.IPv4Network(self.service_cidr, strict=False)[1])

    def version_info(self) -> dict[str, str]:
        """The document of ``/version``."""
        major, minor = self.version.lstrip("v").split(".")[:2]
        return {
            "major": major,
            "minor": minor,
            "gitVersion": self.version,
            "gitCommit": "0" * 40,
            "gitTreeState": "simulated",
            "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": f"python{sys.version_info.major}.{sys.version_info.minor}",
            "compiler": sys.implementation.name,
            "platform": f"{sys.platform}/{os.uname().machine if hasattr(os, 'uname') else 'unknown'}",
        }


def _nodes(rows: list[Object], pod_cidr: str, version: str) -> tuple[NodeConfig, ...]:
    return tuple(
        NodeConfig(
            name=row["name"],
            role=row.get("role") or WORKER,
            labels=row.get("labels") or {},
            pod_cidr=part,
            kubelet_port=KUBELET_PORT + index,
            taints=_taints(row, row.get("version") or version, alone=len(rows) == 1),
            version=row.get("version") or version,
            port_mappings=tuple(map(_port_mapping, row.get("portMappings") or ())),
        )
        for index, (row, part) in enumerate(zip(rows, _slices(pod_cidr, len(rows)), strict=True))
    )


def _taints(row: Object, version: str, *, alone: bool) -> tuple[Object, ...]:
    """What was ordered, else what kubeadm gives a control plane; KinD takes that away from one that is alone."""
    ordered, own = row.get("taints"), control_plane_taints(version)
    if ordered is None:
        ordered = own if row.get("role") == CONTROL_PLANE else []
    return tuple(taint for taint in ordered if not (alone and taint in own))


def control_plane_roles(version: str) -> tuple[str, ...]:
    """The roles that kubeadm of a version labels a control plane with."""
    return (CONTROL_PLANE,) if minor_version(version) >= _NO_MASTER_LABEL else (CONTROL_PLANE, MASTER)


def control_plane_taints(version: str) -> list[Object]:
    """The taints that kubeadm of a version gives a control plane."""
    minor = minor_version(version)
    roles = [CONTROL_PLANE] if minor >= _CONTROL_PLANE_TAINT else []
    roles += [MASTER] if minor < _NO_MASTER_TAINT else []
    return [{"key": f"node-role.kubernetes.io/{role}", "effect": "NoSchedule"} for role in roles]


def minor_version(version: str) -> tuple[int, ...]:
    """(1, 23) for ``v1.23.6``."""
    return tuple(map(int, version.lstrip("v").split(".")[:2]))


def _port_mapping(row: Object) -> PortMapping:
    address = row.get("listenAddress") or "127.0.0.1"
    _refuse_public("portMappings.listenAddress", address)
    return PortMapping(int(row["containerPort"]), int(row.get("hostPort") or 0), address)


def _refuse_public(what: str, address: str) -> None:
    if not ipaddress.ip_address(address).is_loopback:
        raise ValueError(f"{what} {address} is not a loopback address")


def _slices(cidr: str, count: int) -> list[str]:
    """Equal slices of the pod network, ``/24`` wherever that leaves enough of them."""
    network = ipaddress.IPv4Network(cidr, strict=False)
    prefix = max(_SLICE_PREFIX, network.prefixlen)
    while 2 ** (prefix - network.prefixlen) < count:
        prefix += 1
    subnets = network.subnets(new_prefix=prefix)
    return [str(next(subnets)) for _ in range(count)]


def _explain(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    fresh.replace(path)


def _network_text(text: str) -> str:
    """`text` as it was written, host bits and all: command lines and reports repeat it. ValueError if no network."""
    ipaddress.IPv4Network(text, strict=False)
    return text
