"""Gives every virtual node its NamespaceMap, and lets neither go before the other.

The map lives in the tenant namespace of the node's cluster and is owned by the node. When the node is deleted, a
finalizer holds it until the map is gone, and the map's own finalizers hold that one until the provider has deleted
every namespace: a node that has disappeared leaves nothing behind on the provider.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES
from liqolab.apimachinery.errors import existing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Controller, Manager
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, NAMESPACE_MAPS
from liqolab.liqo.offloading.maps import OwnMaps

_FINALIZER = names.FINALIZER_VIRTUAL_NODE


class VirtualNodeController:
    """Keyed by node name."""

    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._nodes = manager.informer(NODES, labels=f"{names.LABEL_TYPE}={names.TYPE_VIRTUAL_NODE}")
        self._maps = OwnMaps(manager)
        self._peers = manager.informer(FOREIGN_CLUSTERS)
        controller = Controller("virtualnode", self.reconcile)
        controller.watches(self._nodes)
        controller.watches(self._maps.informer, self._nodes_of)
        controller.watches(self._maps.namespaces, self._nodes_of)
        controller.watches(self._peers, self._nodes_of)
        manager.add(controller)

    async def reconcile(self, name: str) -> None:
        node = self._nodes.get(name)
        if node is None:
            return
        cluster = meta.labels(node).get(names.LABEL_REMOTE_CLUSTER_ID, "")
        namespace_map = next(iter(self._maps.of(cluster)), None)
        if meta.is_deleting(node):
            await self._release(node, namespace_map)
            return
        if not meta.has_finalizer(node, _FINALIZER):
            node = await self._client.update(NODES, meta.with_finalizer(node, _FINALIZER))
        if namespace_map is None:
            await self._create_map(node, cluster)

    def _nodes_of(self, item: Object) -> Iterable[str]:
        """The nodes of the cluster that a map, its tenant namespace or a ForeignCluster is about."""
        own = meta.labels(item)
        clusters = {own.get(names.LABEL_REMOTE_CLUSTER_ID), own.get(names.LABEL_CLUSTER_ID)}
        clusters.add(_identity(item).get("clusterID"))
        return [
            meta.name(node)
            for node in self._nodes.list()
            if meta.labels(node).get(names.LABEL_REMOTE_CLUSTER_ID) in clusters
        ]

    async def _create_map(self, node: Object, cluster: str) -> None:
        peer = next((item for item in self._peers.list() if _identity(item).get("clusterID") == cluster), None)
        if peer is None:
            return
        cluster_name = _identity(peer).get("clusterName", "")
        tenant = meta.get_path(peer, "status", "tenantNamespace", "local", default="")
        tenant = tenant or names.tenant_namespace(cluster_name, cluster)
        body: Object = NAMESPACE_MAPS.manifest(
            names.unique_name(cluster_name, cluster),
            tenant,
            labels={
                names.LABEL_REPLICATION: "true",
                names.LABEL_REMOTE_ID: cluster,
                names.LABEL_REMOTE_CLUSTER_ID: cluster,
            },
            owners=[meta.owner_reference(node, NODES)],
            spec={},
        )
        with existing_ok:
            await self._client.create(NAMESPACE_MAPS, body, tenant)

    async def _release(self, node: Object, namespace_map: Object | None) -> None:
        if namespace_map is not None:
            if not meta.is_deleting(namespace_map):
                place = meta.name(namespace_map), meta.namespace(namespace_map)
                await self._client.delete(NAMESPACE_MAPS, *place, uid=meta.uid(namespace_map))
            return
        if meta.has_finalizer(node, _FINALIZER):
            await self._client.update(NODES, meta.without_finalizer(node, _FINALIZER))


def _identity(peer: Object) -> Object:
    identity: Object = meta.get_path(peer, "spec", "clusterIdentity", default={})
    return identity
