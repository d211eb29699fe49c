"""The kinds of Liqo 0.5, all ``v1alpha1``."""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery.resources import Resource

DISCOVERY_GROUP: Final = "discovery.liqo.io"
NET_GROUP: Final = "net.liqo.io"
OFFLOADING_GROUP: Final = "offloading.liqo.io"
SHARING_GROUP: Final = "sharing.liqo.io"
VIRTUAL_KUBELET_GROUP: Final = "virtualkubelet.liqo.io"

VERSION: Final = "v1alpha1"


def _kind(group: str, plural: str, kind: str, namespaced: bool = True) -> Resource:
    return Resource(group, VERSION, plural, kind, namespaced)


FOREIGN_CLUSTERS: Final = _kind(DISCOVERY_GROUP, "foreignclusters", "ForeignCluster", False)
RESOURCE_REQUESTS: Final = _kind(DISCOVERY_GROUP, "resourcerequests", "ResourceRequest")

IPAM_STORAGES: Final = _kind(NET_GROUP, "ipamstorages", "IpamStorage", False)
NAT_MAPPINGS: Final = _kind(NET_GROUP, "natmappings", "NatMapping", False)
NETWORK_CONFIGS: Final = _kind(NET_GROUP, "networkconfigs", "NetworkConfig")
TUNNEL_ENDPOINTS: Final = _kind(NET_GROUP, "tunnelendpoints", "TunnelEndpoint")

NAMESPACE_OFFLOADINGS: Final = _kind(OFFLOADING_GROUP, "namespaceoffloadings", "NamespaceOffloading")

RESOURCE_OFFERS: Final = _kind(SHARING_GROUP, "resourceoffers", "ResourceOffer")

NAMESPACE_MAPS: Final = _kind(VIRTUAL_KUBELET_GROUP, "namespacemaps", "NamespaceMap")
SHADOW_PODS: Final = _kind(VIRTUAL_KUBELET_GROUP, "shadowpods", "ShadowPod")

ALL: Final = (
    FOREIGN_CLUSTERS,
    RESOURCE_REQUESTS,
    IPAM_STORAGES,
    NAT_MAPPINGS,
    NETWORK_CONFIGS,
    TUNNEL_ENDPOINTS,
    NAMESPACE_OFFLOADINGS,
    RESOURCE_OFFERS,
    NAMESPACE_MAPS,
    SHADOW_PODS,
)
"""In the order of their groups; `crds` holds one definition for each."""
