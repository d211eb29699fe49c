"""Which local address a peer means, and which peer a remote address belongs to.

A peer spells addresses of this cluster in the networks to which it has remapped ours; the receiving side translates, so
each cluster's gateway lets in what its own tables know and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery.resources import Object
from liqolab.liqo.network.mapping import (
    contains,
    local_external_cidr,
    local_pod_cidr,
    map_ip,
    remote_external_cidr,
    remote_pod_cidr,
)


def towards(endpoints: Iterable[Object], ip: str) -> Object | None:
    """The TunnelEndpoint through which this cluster reaches `ip`."""
    for tep in endpoints:
        if contains(remote_pod_cidr(tep), ip) or contains(remote_external_cidr(tep), ip):
            return tep
    return None


def local_address(tep: Object, nat_mapping: Object | None, ip: str) -> str | None:
    """The address in this cluster that the peer of `tep` spells `ip`; None if it may not reach anything by it.

    Args:
        tep: the TunnelEndpoint towards the peer.
        nat_mapping: the peer's NatMapping, which lists the endpoints that it was offered, spelt as the peer does.
        ip: as the peer dialled it.
    """
    if contains(local_pod_cidr(tep), ip):
        return map_ip(tep["spec"]["localPodCIDR"], ip)
    if contains(local_external_cidr(tep), ip) and nat_mapping is not None:
        for endpoint, stand_in in nat_mapping["spec"]["clusterMappings"].items():
            if stand_in == ip:
                return str(endpoint)
    return None


def origin_address(tep: Object, ip: str) -> str:
    """Under which address this cluster knows the peer's pod that has `ip` there; empty for what is no pod of the peer.

    A peer can say what it likes: whatever it says comes out in the network that this cluster has for its pods.
    """
    return map_ip(remote_pod_cidr(tep), ip) if contains(tep["spec"]["remotePodCIDR"], ip) else ""
