"""What the controllers of a peering look at: ForeignClusters, tenant namespaces and the objects in them.

All of it comes from the manager's shared informers, so looking costs nothing and every change finds its way back to the
ForeignCluster that it concerns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, ROLE_BINDINGS, SECRETS
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Manager
from liqolab.liqo.foreigncluster.conditions import find_local, find_replica, is_replica
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.resources import (
    FOREIGN_CLUSTERS,
    NAMESPACE_MAPS,
    NETWORK_CONFIGS,
    RESOURCE_OFFERS,
    RESOURCE_REQUESTS,
    TUNNEL_ENDPOINTS,
)
from liqolab.liqo.identity import secrets

_BY_CLUSTER = "clusterID"
_BY_TENANT = "tenantNamespace"


@dataclass(frozen=True, slots=True)
class Tenants:
    """Lookups over the informers; `following` wires them."""

    foreign_clusters: Informer
    namespaces: Informer
    identity_secrets: Informer
    requests: Informer
    offers: Informer
    network_configs: Informer
    namespace_maps: Informer
    tunnel_endpoints: Informer
    role_bindings: Informer

    @classmethod
    def following(cls, manager: Manager) -> Tenants:
        """The informers of a manager; asking twice gives views of the same ones."""
        tenants = cls(
            foreign_clusters=manager.informer(FOREIGN_CLUSTERS),
            namespaces=manager.informer(NAMESPACES, labels=names.LABEL_TENANT_NAMESPACE),
            identity_secrets=manager.informer(SECRETS, labels=secrets.SELECTOR),
            requests=manager.informer(RESOURCE_REQUESTS),
            offers=manager.informer(RESOURCE_OFFERS),
            network_configs=manager.informer(NETWORK_CONFIGS),
            namespace_maps=manager.informer(NAMESPACE_MAPS),
            tunnel_endpoints=manager.informer(TUNNEL_ENDPOINTS),
            role_bindings=manager.informer(ROLE_BINDINGS, labels=names.LABEL_CLUSTER_ID),
        )
        tenants.foreign_clusters.add_indexer(_BY_CLUSTER, _cluster_of)
        tenants.foreign_clusters.add_indexer(_BY_TENANT, _tenant_of)
        return tenants

    def contents(self) -> Iterable[Informer]:
        """The informers of what lies in tenant namespaces."""
        yield from (self.identity_secrets, self.requests, self.offers, self.network_configs)
        yield from (self.namespace_maps, self.tunnel_endpoints, self.role_bindings)

    # --- Lookups ---

    def foreign_cluster(self, peer_id: str) -> Object | None:
        """The ForeignCluster of a peer; of several the oldest, which is the one that counts."""
        found = self.foreign_clusters.by_index(_BY_CLUSTER, peer_id)
        return min(found, key=lambda fc: (fc["metadata"]["creationTimestamp"], meta.name(fc)), default=None)

    def namespace(self, peer_id: str) -> str | None:
        """The tenant namespace of a peer."""
        for namespace in self.namespaces.list():
            if meta.labels(namespace).get(names.LABEL_CLUSTER_ID) == peer_id and not meta.is_deleting(namespace):
                return meta.name(namespace)
        return None

    def peer_of(self, namespace: str) -> str | None:
        """The peer whose tenant namespace this is."""
        found = self.namespaces.get(namespace)
        return meta.labels(found).get(names.LABEL_CLUSTER_ID) if found else None

    def identities(self, namespace: str, peer_id: str) -> Objects:
        """The Secrets with this cluster's identity in a peer."""
        return [
            secret
            for secret in self.identity_secrets.list(namespace)
            if meta.labels(secret).get(names.LABEL_CLUSTER_ID) == peer_id
        ]

    def tunnel_endpoint(self, namespace: str, peer_id: str) -> Object | None:
        for endpoint in self.tunnel_endpoints.list(namespace):
            if endpoint["spec"]["clusterID"] == peer_id:
                return endpoint
        return None

    def outgoing(self, namespace: str, peer_id: str) -> tuple[Object | None, Object | None]:
        """This cluster's ResourceRequest, and the ResourceOffer that the peer answered with."""
        return (
            find_local(self.requests.list(namespace), peer_id),
            find_replica(self.offers.list(namespace), peer_id),
        )

    def incoming(self, namespace: str, peer_id: str) -> tuple[Object | None, Object | None]:
        """The peer's ResourceRequest, and this cluster's ResourceOffer."""
        return (
            find_replica(self.requests.list(namespace), peer_id),
            find_local(self.offers.list(namespace), peer_id),
        )

    def replicas(self, namespace: str, peer_id: str) -> tuple[bool, bool, bool]:
        """Whether ResourceOffers, NetworkConfigs and NamespaceMaps of the peer are (still) here."""
        informers = (self.offers, self.network_configs, self.namespace_maps)
        offers, configs, maps = (
            any(is_replica(item, peer_id) for item in informer.list(namespace)) for informer in informers
        )
        return offers, configs, maps

    def incoming_replicas(self, namespace: str, peer_id: str, networking: bool) -> Iterator[tuple[Resource, Object]]:
        """What the peer replicated here to use this cluster; its NetworkConfig counts unless it is wanted otherwise
        (`networking`).
        """
        for item in self.namespace_maps.list(namespace):
            if is_replica(item, peer_id) and not meta.is_deleting(item):
                yield NAMESPACE_MAPS, item
        for item in () if networking else self.network_configs.list(namespace):
            if is_replica(item, peer_id) and not meta.is_deleting(item):
                yield NETWORK_CONFIGS, item

    def has_traces(self, namespace: str) -> bool:
        """Whether anything of a peering, of either side, is left in a tenant namespace."""
        informers = (self.requests, self.offers, self.network_configs, self.namespace_maps, self.tunnel_endpoints)
        return any(informer.list(namespace) for informer in informers)

    # --- From a changed object to the ForeignClusters it concerns ---

    def key_and_rivals(self, foreign_cluster: Object) -> list[str]:
        """The ForeignCluster, and others that claim to be the same cluster."""
        keys = [meta.name(foreign_cluster)]
        for peer_id in _cluster_of(foreign_cluster):
            keys += [meta.name(rival) for rival in self.foreign_clusters.by_index(_BY_CLUSTER, peer_id)]
        return keys

    def of_labelled(self, item: Object) -> list[str]:
        """The ForeignClusters of the peer that an object's label names."""
        peer_id = meta.labels(item).get(names.LABEL_CLUSTER_ID, "")
        return [meta.name(fc) for fc in self.foreign_clusters.by_index(_BY_CLUSTER, peer_id)]

    def of_content(self, item: Object) -> list[str]:
        """The ForeignClusters of the tenant namespace that an object is in."""
        namespace = meta.namespace(item)
        found = self.foreign_clusters.by_index(_BY_TENANT, namespace)
        peer_id = self.peer_of(namespace)
        if not found and peer_id:
            found = self.foreign_clusters.by_index(_BY_CLUSTER, peer_id)
        return [meta.name(fc) for fc in found]


def _cluster_of(foreign_cluster: Object) -> list[str]:
    peer_id = meta.get_path(foreign_cluster, "spec", "clusterIdentity", "clusterID")
    return [peer_id] if peer_id else []


def _tenant_of(foreign_cluster: Object) -> list[str]:
    namespace = meta.get_path(foreign_cluster, "status", "tenantNamespace", "local")
    return [namespace] if namespace else []
