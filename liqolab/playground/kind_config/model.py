"""A KinD configuration as values, with KinD's defaults, and what KinD refuses about it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

DEFAULT_NAME: Final = "kind"
CONTROL_PLANE: Final = "control-plane"
WORKER: Final = "worker"
IPV4, IPV6, DUAL = "ipv4", "ipv6", "dual"

_NAME: Final = re.compile(r"[a-z0-9.-]+")
_PROXY_MODES: Final = ("iptables", "ipvs", "nftables", "none")
_LARGEST_PORT: Final = 65535
_WILDCARDS: Final = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
_POD_SUBNETS: Final = {IPV4: "10.244.0.0/16", IPV6: "fd00:10:244::/56", DUAL: "10.244.0.0/16,fd00:10:244::/56"}
_SERVICE_SUBNETS: Final = {IPV4: "10.96.0.0/16", IPV6: "fd00:10:96::/112", DUAL: "10.96.0.0/16,fd00:10:96::/112"}


@dataclass(frozen=True, slots=True)
class PortMapping:
    """A port of the machine that leads to one of a node; `host` 0 or -1 means any that is free."""

    container: int
    host: int = 0
    address: str = ""
    protocol: str = "TCP"


@dataclass(frozen=True, slots=True)
class JsonPatch:
    """A JSON 6902 patch in YAML, for documents of a kind and, if not empty, an ``apiVersion``."""

    kind: str
    api_version: str
    text: str


@dataclass(frozen=True, slots=True)
class Patches:
    """Patches of kubeadm's documents: merge patches (each a YAML stream), then JSON 6902."""

    merge: tuple[str, ...] = ()
    json: tuple[JsonPatch, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """One node; `image` is empty where the file names none."""

    role: str
    image: str
    labels: Mapping[str, str]
    mounts: tuple[Mapping[str, Any], ...]
    ports: tuple[PortMapping, ...]
    patches: Patches


@dataclass(frozen=True, slots=True)
class Networking:
    """See KinD's documentation; `api_port` 0 or -1 means any that is free."""

    family: str
    pod_subnet: str
    service_subnet: str
    api_address: str
    api_port: int
    without_cni: bool
    proxy_mode: str
    dns_search: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration, defaults filled in; `name` is empty where the file gives none."""

    name: str
    nodes: tuple[Node, ...]
    networking: Networking
    feature_gates: Mapping[str, bool]
    runtime_config: Mapping[str, str]
    patches: Patches
    containerd_patches: tuple[str, ...]
    containerd_json_patches: tuple[str, ...]


def config_of(document: Mapping[str, Any]) -> Config:
    """The configuration that a document from `fields.parse` says."""
    return Config(
        name=document.get("name", ""),
        nodes=tuple(map(_node, document.get("nodes") or [{}])),
        networking=_networking(document.get("networking") or {}),
        feature_gates=document.get("featureGates") or {},
        runtime_config=document.get("runtimeConfig") or {},
        patches=_patches(document),
        containerd_patches=tuple(document.get("containerdConfigPatches") or ()),
        containerd_json_patches=tuple(document.get("containerdConfigPatchesJSON6902") or ()),
    )


def _node(entry: Mapping[str, Any]) -> Node:
    return Node(
        role=entry.get("role") or CONTROL_PLANE,
        image=entry.get("image", ""),
        labels=entry.get("labels") or {},
        mounts=tuple(entry.get("extraMounts") or ()),
        ports=tuple(map(_port_mapping, entry.get("extraPortMappings") or ())),
        patches=_patches(entry),
    )


def _port_mapping(entry: Mapping[str, Any]) -> PortMapping:
    return PortMapping(
        container=entry.get("containerPort", 0),
        host=entry.get("hostPort", 0),
        address=entry.get("listenAddress", ""),
        protocol=entry.get("protocol") or "TCP",
    )


def _patches(holder: Mapping[str, Any]) -> Patches:
    return Patches(
        merge=tuple(holder.get("kubeadmConfigPatches") or ()),
        json=tuple(
            JsonPatch(
                entry.get("kind", ""),
                "/".join(part for part in (entry.get("group"), entry.get("version")) if part),
                entry.get("patch", ""),
            )
            for entry in holder.get("kubeadmConfigPatchesJSON6902") or ()
        ),
    )


def _networking(entry: Mapping[str, Any]) -> Networking:
    family = entry.get("ipFamily") or IPV4
    return Networking(
        family=family,
        pod_subnet=entry.get("podSubnet") or _POD_SUBNETS.get(family, _POD_SUBNETS[IPV4]),
        service_subnet=entry.get("serviceSubnet") or _SERVICE_SUBNETS.get(family, _SERVICE_SUBNETS[IPV4]),
        api_address=entry.get("apiServerAddress") or ("::1" if family == IPV6 else "127.0.0.1"),
        api_port=entry.get("apiServerPort", 0),
        without_cni=entry.get("disableDefaultCNI", False),
        proxy_mode=entry.get("kubeProxyMode") or "iptables",
        dns_search=tuple(entry.get("dnsSearch") or ()),
    )


def name_problem(name: str) -> str:
    """What KinD says of a cluster's name; empty when it takes it."""
    if _NAME.fullmatch(name):
        return ""
    return f"'{name}' is not a valid cluster name, cluster names must match `^{_NAME.pattern}$`"


def problem(config: Config, name: str) -> str:
    """What KinD refuses about a configuration for a cluster called `name`, all at once; empty when it takes it."""
    return _aggregate([text for text in _problems(config, name) if text])


def _problems(config: Config, name: str) -> Iterator[str]:
    net = config.networking
    yield name_problem(name)
    if net.api_port:
        yield _port_problem(net.api_port, "invalid apiServerPort")
    if net.family not in (IPV4, IPV6, DUAL):
        yield f"invalid ipFamily: {net.family}"
    for what, subnets in (("pod", net.pod_subnet), ("service", net.service_subnet)):
        if text := _subnet_problem(subnets, net.family):
            yield f"invalid {what} subnet {text}"
    if net.proxy_mode not in _PROXY_MODES:
        yield f"invalid kubeProxyMode: {net.proxy_mode}"
    for index, node in enumerate(config.nodes):
        if text := _aggregate([each for each in _node_problems(node) if each]):
            yield f"invalid configuration for node {index}: {text}"
    if not any(node.role == CONTROL_PLANE for node in config.nodes):
        yield f"must have at least one {CONTROL_PLANE} node"


def _node_problems(node: Node) -> Iterator[str]:
    if node.role not in (CONTROL_PLANE, WORKER):
        yield f'"{node.role}" is not a valid node role'
    for mapping in node.ports:
        yield _port_problem(mapping.host, "invalid hostPort")
        yield _port_problem(mapping.container, "invalid containerPort")
    yield _collision(node.ports)


def _port_problem(port: int, what: str) -> str:
    return "" if -1 <= port <= _LARGEST_PORT else f"{what}: invalid port number: {port}"


def _collision(mappings: Sequence[PortMapping]) -> str:
    taken: dict[tuple[int, str], set[str]] = {}
    for mapping in mappings:
        if mapping.host in (-1, 0):
            continue
        address = _WILDCARDS[0] if mapping.address in _WILDCARDS else mapping.address or "<nil>"
        key = (mapping.host, mapping.protocol)
        others = taken.setdefault(key, set())
        if others and (address in others or _WILDCARDS[0] in (address, *others)):
            shown = f"{mapping.address or '<nil>'}:{mapping.host}/{mapping.protocol}"
            text = "port mapping with same listen address, port and protocol already configured"
            return f"invalid portMapping: {text}: {shown}"
        others.add(address)
    return ""


def _subnet_problem(text: str, family: str) -> str:
    networks = []
    for part in text.split(","):
        try:
            if "/" not in part:
                raise ValueError(part)
            networks.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            return f'failed to parse cidr value:"{part}" with error: invalid CIDR address: {part}'
    versions = [network.version for network in networks]
    if family == DUAL:
        both = len(versions) == 1 or sorted(versions) == [4, 6]
        expected = "expected one (IPv4 or IPv6) CIDR or two CIDRs from each family for dual-stack networking"
        return "" if both else expected
    if len(versions) > 1:
        return "only one CIDR allowed for single-stack networking"
    wanted = {IPV4: 4, IPV6: 6}.get(family)
    if wanted and versions != [wanted]:
        return f"expected IPv{wanted} CIDR for IPv{wanted} family"
    return ""


def _aggregate(texts: list[str]) -> str:
    """Several errors as Kubernetes' libraries show them."""
    unique = list(dict.fromkeys(texts))
    return f"[{', '.join(unique)}]" if len(unique) > 1 else "".join(unique)
