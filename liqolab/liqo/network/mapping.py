"""How an address of one cluster is spelt in another one.

Remapping keeps host bits and replaces network bits, so whoever knows the four (possibly remapped) networks of a
TunnelEndpoint can translate every address without asking anybody. A network that was not remapped is spelt ``None``
in the API; the functions here hide that.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05.names import NOT_REMAPPED


def map_ip(new_net: str, ip: str) -> str:
    """`ip` with its network bits taken from `new_net`: ``("10.204.0.0/16", "10.200.0.12")`` → ``10.204.0.12``.

    Raises:
        ValueError: either argument is no IPv4 network or address.
    """
    network = IPv4Network(new_net, strict=False)
    host_bits = int(IPv4Address(ip)) & int(network.hostmask)
    return str(IPv4Address(int(network.network_address) | host_bits))


def effective(cidr: str, remapped: str) -> str:
    """The network in use: `remapped` unless that is ``None`` or empty."""
    return cidr if remapped in ("", NOT_REMAPPED) else remapped


def contains(cidr: str, ip: str) -> bool:
    """Whether `ip` lies in `cidr`; anything that is no address does not."""
    try:
        return IPv4Address(ip) in IPv4Network(cidr, strict=False)
    except ValueError:
        return False


def remote_pod_cidr(tep: Object) -> str:
    """The peer's pod network as this cluster sees it."""
    spec = tep["spec"]
    return effective(spec["remotePodCIDR"], spec.get("remoteNATPodCIDR", NOT_REMAPPED))


def remote_external_cidr(tep: Object) -> str:
    """The peer's external network as this cluster sees it."""
    spec = tep["spec"]
    return effective(spec["remoteExternalCIDR"], spec.get("remoteNATExternalCIDR", NOT_REMAPPED))


def local_pod_cidr(tep: Object) -> str:
    """This cluster's pod network as the peer sees it."""
    spec = tep["spec"]
    return effective(spec["localPodCIDR"], spec.get("localNATPodCIDR", NOT_REMAPPED))


def local_external_cidr(tep: Object) -> str:
    """This cluster's external network as the peer sees it."""
    spec = tep["spec"]
    return effective(spec["localExternalCIDR"], spec.get("localNATExternalCIDR", NOT_REMAPPED))


def remote_pod_ip(tep: Object, ip: str) -> str:
    """The address under which this cluster reaches the pod that has `ip` in the peer (10.200.0.12 → 10.204.0.12)."""
    return map_ip(remote_pod_cidr(tep), ip)


def endpoint_ip(tep: Object, ip: str, external: str | None = None) -> str:
    """The address under which the peer reaches the local endpoint `ip`.

    Args:
        tep: the TunnelEndpoint towards the peer.
        ip: the endpoint's address in this cluster.
        external: the address that stands for `ip` in this cluster's external network (``ipam.Ipam.map_endpoint``);
            needed for every address that is not one of this cluster's own pods.

    Raises:
        ValueError: `ip` is not a local pod's and no `external` address was given.
    """
    if contains(tep["spec"]["localPodCIDR"], ip):
        return map_ip(local_pod_cidr(tep), ip)
    if external is None:
        raise ValueError(f"{ip} is outside of the local pod network and has no address in the external network yet")
    return map_ip(local_external_cidr(tep), external)


def needs_external_address(tep: Object, ip: str) -> bool:
    """Whether `ip` can be offered to the peer only through an address of the external network."""
    return not contains(tep["spec"]["localPodCIDR"], ip)
