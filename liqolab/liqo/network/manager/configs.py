"""The objects of the negotiation, built from what both sides know: pure."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, NAT_MAPPINGS, NETWORK_CONFIGS, TUNNEL_ENDPOINTS
from liqolab.liqo.network.ipam import Ipam, PeerNetworks, remapped
from liqolab.liqo.network.mapping import effective, map_ip


@dataclass(frozen=True, slots=True)
class GatewayAddress:
    """Where peers reach this cluster's gateway, and the key by which they know it."""

    host: str
    port: int
    public_key: str


def local_config(foreign_cluster: Object, namespace: str, ipam: Ipam, gateway: GatewayAddress) -> Object:
    """The NetworkConfig that tells the peer of this cluster's networks and gateway."""
    identity = foreign_cluster["spec"]["clusterIdentity"]
    return NETWORK_CONFIGS.manifest(
        names.unique_name(identity["clusterName"], identity["clusterID"]),
        namespace,
        labels={
            names.LABEL_REPLICATION: "true",
            names.LABEL_REMOTE_ID: identity["clusterID"],
        },
        owners=[meta.owner_reference(foreign_cluster, FOREIGN_CLUSTERS)],
        spec={
            "cluster": dict(identity),
            "podCIDR": ipam.pod_cidr,
            "externalCIDR": ipam.external_cidr,
            "endpointIP": gateway.host,
            "backendType": names.BACKEND_WIREGUARD,
            "backend_config": {
                names.BACKEND_PUBLIC_KEY: gateway.public_key,
                names.BACKEND_PORT: str(gateway.port),
            },
        },
    )


def remote_status(config: Object, networks: PeerNetworks) -> Object:
    """The status of the peer's NetworkConfig: how this cluster has remapped the peer's networks."""
    spec = config["spec"]
    return {
        "processed": True,
        "podCIDRNAT": remapped(spec["podCIDR"], networks.remote_pod),
        "externalCIDRNAT": remapped(spec["externalCIDR"], networks.remote_external),
    }


def is_processed(config: Object | None) -> bool:
    """Whether the receiver of a NetworkConfig has said how it remaps."""
    return bool(config is not None and meta.get_path(config, "status", "processed", default=False))


def local_remapping(config: Object) -> tuple[str, str]:
    """How the peer has remapped this cluster's pod and external networks (``None``: not at all)."""
    status = config.get("status") or {}
    return status.get("podCIDRNAT") or names.NOT_REMAPPED, status.get("externalCIDRNAT") or names.NOT_REMAPPED


def tunnel_endpoint(local: Object, remote: Object, peer_id: str) -> Object:
    """The TunnelEndpoint that two processed NetworkConfigs amount to."""
    local_nat_pod, local_nat_external = local_remapping(local)
    remote_nat_pod, remote_nat_external = local_remapping(remote)
    return TUNNEL_ENDPOINTS.manifest(
        meta.name(local),
        meta.namespace(local),
        labels={names.LABEL_TUNNEL_CLUSTER_ID: peer_id},
        spec={
            "clusterID": peer_id,
            "localPodCIDR": local["spec"]["podCIDR"],
            "localNATPodCIDR": local_nat_pod,
            "localExternalCIDR": local["spec"]["externalCIDR"],
            "localNATExternalCIDR": local_nat_external,
            "remotePodCIDR": remote["spec"]["podCIDR"],
            "remoteNATPodCIDR": remote_nat_pod,
            "remoteExternalCIDR": remote["spec"]["externalCIDR"],
            "remoteNATExternalCIDR": remote_nat_external,
            "endpointIP": remote["spec"]["endpointIP"],
            "backendType": remote["spec"]["backendType"],
            "backend_config": dict(remote["spec"]["backend_config"]),
        },
    )


def nat_mapping_name(peer_id: str) -> str:
    """The name of a peer's NatMapping."""
    return f"natmapping-{peer_id}"


def nat_mapping(ipam: Ipam, peer_id: str) -> Object:
    """The NatMapping of a peer: which endpoints it was offered, under addresses as the peer spells them."""
    known = ipam.peers[peer_id]
    external = effective(ipam.external_cidr, known.local_nat_external)
    offered = {endpoint: map_ip(external, ip) for endpoint, ip in ipam.endpoint_mappings(peer_id).items()}
    return NAT_MAPPINGS.manifest(
        nat_mapping_name(peer_id),
        labels={names.LABEL_NAT_MAPPING: "true", names.LABEL_TUNNEL_CLUSTER_ID: peer_id},
        spec={
            "clusterID": peer_id,
            "podCIDR": known.remote_pod,
            "externalCIDR": external,
            "clusterMappings": offered,
        },
    )
