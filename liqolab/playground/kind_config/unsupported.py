"""What a KinD configuration may ask for and an embedded cluster does not do, in words for the person who asks.

An error where a cluster that ignores it would be another one than was asked for, a warning where it only lacks
something.
"""

from __future__ import annotations

import ipaddress
import tomllib
from collections.abc import Iterator

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.kind_config.model import DUAL, IPV6, Config, Networking, Node, PortMapping
from liqolab.playground.kind_config.versions import DEFAULT_VERSION, version_of

LOOPBACK = "127.0.0.1"


def refuse(config: Config) -> None:
    """Raise for what would make it another cluster.

    Raises:
        PlaygroundError: the text says what, and what to write instead.
    """
    net = config.networking
    if net.family == IPV6:
        raise PlaygroundError("ipFamily: ipv6: embedded clusters have IPv4 networks only", "use ipFamily: ipv4")
    for what, text in (("podSubnet", net.pod_subnet), ("serviceSubnet", net.service_subnet)):
        if ipv4_part(text) is None:
            raise PlaygroundError(f"{what} {text} has no IPv4 network; embedded clusters have no other", "add one")
    try:
        ipaddress.ip_address(net.api_address)
    except ValueError:
        raise PlaygroundError(f"apiServerAddress {net.api_address} is not an address", f"write {LOOPBACK}") from None
    for patch in config.containerd_patches:
        try:
            tomllib.loads(patch)
        except tomllib.TOMLDecodeError as error:
            raise PlaygroundError(f"containerdConfigPatches: not TOML: {error}") from None


def warnings(config: Config, names: tuple[str, ...]) -> Iterator[str]:
    """One sentence for each thing that has no effect; `names` are the nodes'."""
    yield from _of_networking(config.networking)
    for what, given in (("featureGates", config.feature_gates), ("runtimeConfig", config.runtime_config)):
        if given:
            shown = ", ".join(f"{key}={str(value).lower()}" for key, value in given.items())
            yield f"{what} ({shown}): has no effect, an embedded cluster serves what it serves"
    if config.containerd_patches or config.containerd_json_patches:
        yield "containerdConfigPatches: has no effect, embedded nodes have no containerd"
    for node, name in zip(config.nodes, names, strict=True):
        yield from _of_node(node, name)


def loopback(address: str) -> str:
    """Where an embedded cluster listens for what was to listen on `address`."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return LOOPBACK
    return address if given.version == 4 and given.is_loopback else LOOPBACK


def ipv4_part(subnets: str) -> str | None:
    """The IPv4 network of one or two."""
    found = [part for part in subnets.split(",") if ipaddress.ip_network(part, strict=False).version == 4]
    return found[0] if found else None


def carried(mapping: PortMapping) -> bool:
    """Whether connections to the mapped port are carried to the node."""
    return mapping.protocol == "TCP"


def _of_networking(net: Networking) -> Iterator[str]:
    if net.family == DUAL:
        yield "ipFamily: dual: embedded clusters have IPv4 networks only; the cluster gets those"
    if loopback(net.api_address) != net.api_address:
        yield f"apiServerAddress {net.api_address}: embedded clusters listen on loopback only; {LOOPBACK} is used"
    if net.without_cni:
        yield "disableDefaultCNI: kindnet is left out, but pods have a network all the same and nodes become Ready"
    if net.proxy_mode == "none":
        yield "kubeProxyMode: none: kube-proxy is left out, but Services work all the same"
    elif net.proxy_mode != "iptables":
        yield f"kubeProxyMode: {net.proxy_mode}: has no effect, Services are carried without the kernel"
    if net.dns_search:
        yield "dnsSearch: has no effect, embedded nodes ask no name server of the machine"


def _of_node(node: Node, name: str) -> Iterator[str]:
    if node.image and version_of(node.image) is None:
        yield f"node {name}: image {node.image} says no version in its tag; it shows itself as {DEFAULT_VERSION}"
    for mount in node.mounts:
        where = mount.get("containerPath", "")
        yield f"node {name}: extraMounts {where}: nothing is mounted, embedded nodes have no files of the machine"
    for mapping in node.ports:
        shown = f"node {name}: extraPortMappings {mapping.container}"
        if not carried(mapping):
            yield f"{shown}: {mapping.protocol} is not carried, only TCP is"
        elif mapping.address and loopback(mapping.address) != mapping.address:
            yield f"{shown}: embedded clusters listen on loopback only; {LOOPBACK} is used for {mapping.address}"
