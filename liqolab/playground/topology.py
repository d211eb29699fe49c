"""What a playground consists of: clusters with their networks, versions, nodes and labels.

A topology is independent of the provider that realises it. It is read from the same ``kind.x-k8s.io/v1alpha4``
configuration that KinD reads, so that one file describes a cluster on every provider.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind_config import kubeadm, unsupported
from liqolab.playground.kind_config.decoding import DecodingError
from liqolab.playground.kind_config.fields import parse
from liqolab.playground.kind_config.model import (
    CONTROL_PLANE,
    DEFAULT_NAME,
    Config,
    PortMapping,
    config_of,
    name_problem,
    problem,
)
from liqolab.playground.kind_config.versions import DEFAULT_VERSION, minor_of, version_of

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,48}[a-z0-9])?")
_ADDONS = ("kindnet", "kube-proxy")
_DEFAULTS = config_of({})
KIND_POD_SUBNET = _DEFAULTS.networking.pod_subnet
KIND_SERVICE_SUBNET = _DEFAULTS.networking.service_subnet


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """One node.

    Attributes:
        role: ``control-plane`` or ``worker``.
        labels: in addition to those that every node has.
        version: of its kubelet, with a leading ``v``; empty for the cluster's.
        taints: None for those that kubeadm gives its role.
        ports: ports of the machine that lead to it.
    """

    name: str
    role: str = CONTROL_PLANE
    labels: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    taints: tuple[Mapping[str, str], ...] | None = None
    ports: tuple[PortMapping, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """One cluster of a playground.

    Attributes:
        name: DNS-1123 subdomain of at most 50 characters.
        version: Kubernetes version of the API server, with a leading ``v``.
        pod_cidr, service_cidr: the cluster's networks.
        nodes: at least one.
        liqo_labels: labels under which Liqo presents the cluster to its peers.
        config: the KinD configuration it was read from, where there is one.
        api_address, api_port: where the API server listens; port 0 for any that is free.
        addons: those of KinD's ``kube-system`` that it has.
        warnings: what its configuration asks for and embedded clusters do not do, one sentence each.
    """

    name: str
    version: str = DEFAULT_VERSION
    pod_cidr: str = KIND_POD_SUBNET
    service_cidr: str = KIND_SERVICE_SUBNET
    nodes: tuple[NodeSpec, ...] = ()
    liqo_labels: Mapping[str, str] = field(default_factory=dict)
    config: Path | None = None
    api_address: str = unsupported.LOOPBACK
    api_port: int = 0
    addons: tuple[str, ...] = _ADDONS
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no provider could create."""
        if not _NAME.fullmatch(self.name):
            raise PlaygroundError(
                name_problem(self.name) or f'"{self.name}" is not a valid cluster name',
                "use at most 50 lowercase letters, digits and hyphens, beginning and ending with a letter or digit",
            )


def from_kind_config(
    name: str, path: Path | None, *, image: str = "", liqo_labels: Mapping[str, str] | None = None
) -> ClusterSpec:
    """The cluster called `name` that a KinD configuration file describes (None: KinD's defaults).

    Raises:
        PlaygroundError: the file is missing, is no KinD configuration, or asks for what cannot be.
    """
    try:
        spec = cluster_of(_read(path) if path else None, name, image=image)
    except PlaygroundError as error:
        where = f"cluster configuration {path}: " if path else ""
        raise PlaygroundError(f"{where}{error}", error.hint) from None
    return replace(spec, liqo_labels=dict(liqo_labels or {}), config=path)


def cluster_of(raw: bytes | None, name: str = "", *, image: str = "") -> ClusterSpec:
    """The cluster that a KinD configuration describes, with KinD's words for what is wrong; None: KinD's defaults.

    Args:
        raw: the file's content.
        name: overrides the configuration's name.
        image: overrides the image of all its nodes.

    Raises:
        PlaygroundError: it is no KinD configuration, or asks for what cannot be.
    """
    try:
        config = _DEFAULTS if raw is None else config_of(parse(raw))
    except DecodingError as error:
        raise PlaygroundError(str(error)) from None
    if image:
        config = replace(config, nodes=tuple(replace(node, image=image) for node in config.nodes))
    name = name or config.name or DEFAULT_NAME
    if refused := problem(config, name):
        raise PlaygroundError(refused)
    unsupported.refuse(config)
    return _spec(config, name)


def _spec(config: Config, name: str) -> ClusterSpec:
    nodes, unused = _nodes(config, name)
    net = config.networking
    warnings = [
        *unsupported.warnings(config, tuple(node.name for node in nodes)),
        *(f"kubeadm patch: {text}: has no effect here" for text in unused),
    ]
    missing = {"kindnet"} if net.without_cni else set()
    missing |= {"kube-proxy"} if net.proxy_mode == "none" else set()
    return ClusterSpec(
        name=name,
        version=next(node.version for node in nodes if node.role == CONTROL_PLANE),
        pod_cidr=unsupported.ipv4_part(net.pod_subnet) or KIND_POD_SUBNET,
        service_cidr=unsupported.ipv4_part(net.service_subnet) or KIND_SERVICE_SUBNET,
        nodes=nodes,
        api_address=unsupported.loopback(net.api_address),
        api_port=max(net.api_port, 0),
        addons=tuple(addon for addon in _ADDONS if addon not in missing),
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _nodes(config: Config, cluster: str) -> tuple[tuple[NodeSpec, ...], list[str]]:
    """The nodes, and what their kubeadm patches ask for in vain; named as KinD does: ``NAME-control-plane``,
    ``NAME-worker``, ``NAME-worker2`` and so on.
    """
    counts: dict[str, int] = {}
    nodes: list[NodeSpec] = []
    unused: list[str] = []
    for node in config.nodes:
        number = counts[node.role] = counts.get(node.role, 0) + 1
        version = version_of(node.image) or DEFAULT_VERSION
        first = node.role == CONTROL_PLANE and number == 1
        found = kubeadm.registered(config, node, minor_of(version), first=first)
        unused += found.unused
        nodes.append(
            NodeSpec(
                name=f"{cluster}-{node.role}{number if number > 1 else ''}",
                role=node.role,
                labels=found.labels,
                version=version,
                taints=found.taints,
                ports=tuple(mapping for mapping in node.ports if unsupported.carried(mapping)),
            )
        )
    return tuple(nodes), unused


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PlaygroundError(f"cannot be read: {error.strerror}") from None
