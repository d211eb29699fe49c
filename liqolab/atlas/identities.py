"""Which cluster a Liqo cluster ID means.

Liqo tells clusters apart by IDs that nobody can read. A playground has names for them, and each cluster knows its own
ID and those of its peers: put together, they let a world speak of Naples instead of ``0ded9933-bd15-…``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.atlas import terms

Identities = Mapping[str, str]
"""Liqo's cluster IDs → names of clusters."""

_SHORT_ID: Final = 8


def identities(clusters: Mapping[str, tuple[Objects, Objects]]) -> dict[str, str]:
    """The names for all IDs that can be known.

    Args:
        clusters: of each cluster, by name, the ConfigMaps with its own ID (one or none) and its ForeignClusters.
    """
    found: dict[str, str] = {}
    for _, foreign in clusters.values():
        for item in foreign:
            found.setdefault(peer_id(item), _identity(item, "clusterName") or meta.name(item))
    for name, (own, _) in clusters.items():
        for item in own:
            # What the playground calls a cluster goes before what its peers call it.
            found[str(meta.get_path(item, "data", terms.IDENTITY_KEY, default=""))] = name
    found.pop("", None)
    return found


def cluster_name(identity: str, known: Identities) -> str:
    """The name of the cluster with that ID; of one that nobody knows, the beginning of the ID."""
    return known.get(identity) or identity[:_SHORT_ID]


def peer_id(foreign_cluster: Object) -> str:
    """The ID of the cluster that a ForeignCluster stands for."""
    # Since Liqo 1.0 the ID stands in the spec itself.
    return _identity(foreign_cluster, "clusterID") or str(
        meta.get_path(foreign_cluster, "spec", "clusterID", default="")
    )


def _identity(foreign_cluster: Object, key: str) -> str:
    return str(meta.get_path(foreign_cluster, "spec", "clusterIdentity", key, default=""))
