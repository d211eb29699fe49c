"""Kinds by the words that people use for them: those of Kubernetes, those of Liqo, and those that a cluster defines."""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import builtin
from liqolab.apimachinery.resources import Resource
from liqolab.shelltext import kubectl

_LIQO: Final = "v1alpha1"

FOREIGN_CLUSTERS: Final = Resource("discovery.liqo.io", _LIQO, "foreignclusters", "ForeignCluster", False)
RESOURCE_REQUESTS: Final = Resource("discovery.liqo.io", _LIQO, "resourcerequests", "ResourceRequest")
RESOURCE_OFFERS: Final = Resource("sharing.liqo.io", _LIQO, "resourceoffers", "ResourceOffer")
TUNNEL_ENDPOINTS: Final = Resource("net.liqo.io", _LIQO, "tunnelendpoints", "TunnelEndpoint")
NETWORK_CONFIGS: Final = Resource("net.liqo.io", _LIQO, "networkconfigs", "NetworkConfig")
NAMESPACE_OFFLOADINGS: Final = Resource("offloading.liqo.io", _LIQO, "namespaceoffloadings", "NamespaceOffloading")
NAMESPACE_MAPS: Final = Resource("virtualkubelet.liqo.io", _LIQO, "namespacemaps", "NamespaceMap")
SHADOW_PODS: Final = Resource("virtualkubelet.liqo.io", _LIQO, "shadowpods", "ShadowPod")

LIQO_GROUPS: Final = "liqo.io"
"""What every API group of Liqo ends in."""

_LIQO_KINDS = (
    FOREIGN_CLUSTERS,
    RESOURCE_REQUESTS,
    RESOURCE_OFFERS,
    TUNNEL_ENDPOINTS,
    NETWORK_CONFIGS,
    NAMESPACE_OFFLOADINGS,
    NAMESPACE_MAPS,
    SHADOW_PODS,
)


def _known() -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    # The core group comes first, as with kubectl: `events` are those of v1.
    own = sorted((each for each in vars(builtin).values() if isinstance(each, Resource)), key=lambda each: each.group)
    for resource in (*own, *_LIQO_KINDS):
        bare = (resource.plural, resource.kind.lower())
        for word in (*bare, *(f"{word}.{resource.group}" for word in bare if resource.group)):
            found.setdefault(word, resource)
    return found | {word: found[plural] for word, plural in kubectl.KINDS.items() if word not in found}


_KNOWN = _known()


def known(word: str) -> Resource | None:
    """The kind of Kubernetes or Liqo that a word means; whether a cluster has it is another question."""
    return _KNOWN.get(word.lower())


def words() -> list[str]:
    """All words that `known` knows."""
    return list(_KNOWN)
