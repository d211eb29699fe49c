"""The negotiation with one peer, as the state of one tenant namespace.

This cluster's NetworkConfig goes out while the peering is active; the peer's one is answered with how its networks are
remapped here; when both have been answered, the TunnelEndpoint follows from them. When one goes, the TunnelEndpoint and
the reserved networks go.
"""

from __future__ import annotations

import logging
from functools import partial

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, NODES, SECRETS, SERVICES
from liqolab.apimachinery.patches import diff_merge
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.liqo import exposure
from liqolab.liqo.foreigncluster.conditions import find_local, find_replica
from liqolab.liqo.foreigncluster.phase import Phase
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.resources import (
    FOREIGN_CLUSTERS,
    IPAM_STORAGES,
    NAT_MAPPINGS,
    NETWORK_CONFIGS,
    TUNNEL_ENDPOINTS,
)
from liqolab.liqo.identity import tenancy
from liqolab.liqo.network.ipam import Ipam, IpamError
from liqolab.liqo.network.ipamstore import IpamStore
from liqolab.liqo.network.manager import configs
from liqolab.liqo.network.manager.configs import GatewayAddress
from liqolab.liqo.network.tunnel.keys import public_in_secret

_EXHAUSTED_SECONDS = 30.0

_log = logging.getLogger(__name__)


class NetworkNegotiator:
    """The controller of all tenant namespaces; the keys of its queue are their names."""

    def __init__(self, manager: Manager, arguments: Arguments, store: IpamStore) -> None:
        self._client = manager.client
        self._store = store
        self._recorder = EventRecorder(manager.client, names.NETWORK_MANAGER)
        liqo = arguments.liqo_namespace
        self._namespaces = manager.informer(NAMESPACES, labels=names.LABEL_TENANT_NAMESPACE)
        self._foreign_clusters = manager.informer(FOREIGN_CLUSTERS)
        self._configs = manager.informer(NETWORK_CONFIGS)
        self._endpoints = manager.informer(TUNNEL_ENDPOINTS)
        self._nat_mappings = manager.informer(NAT_MAPPINGS)
        self._storages = manager.informer(IPAM_STORAGES)
        self._services = manager.informer(SERVICES, liqo, fields=f"metadata.name={names.GATEWAY}")
        self._keys = manager.informer(SECRETS, liqo, labels=names.LABEL_NETWORK_KEY)
        self._nodes = manager.informer(NODES)
        controller = Controller("network", self._reconcile)
        controller.watches(self._namespaces, lambda item: (meta.name(item),))
        controller.watches(self._foreign_clusters, self._namespaces_of)
        for informer in (self._configs, self._endpoints):
            controller.watches(informer, lambda item: (meta.namespace(item),))
        for informer in (self._storages, self._services, self._keys):
            controller.watches(informer, lambda _: map(meta.name, self._namespaces.list()))
        manager.add(controller)

    def _namespaces_of(self, foreign_cluster: Object) -> list[str]:
        peer_id = meta.get_path(foreign_cluster, "spec", "clusterIdentity", "clusterID")
        return [meta.name(item) for item in self._namespaces.list() if _peer(item) == peer_id]

    async def _reconcile(self, namespace: str) -> float | None:
        tenant = self._namespaces.get(namespace)
        if tenant is None:
            await self._forget_strangers()
            return None
        peer_id = _peer(tenant)
        found = self._configs.list(namespace)
        local = await self._local_config(namespace, peer_id, find_local(found, peer_id))
        remote = find_replica(found, peer_id)
        try:
            remote = await self._remote_config(peer_id, remote)
        except IpamError as error:
            _log.warning("cluster %s: %s", peer_id, error)
            await self._recorder.event(remote or tenant, "Warning", "IPAM", str(error))
            return _EXHAUSTED_SECONDS
        await self._nat(peer_id, local)
        await self._endpoint(namespace, peer_id, local, remote)
        return None

    async def _forget_strangers(self) -> None:
        """A tenant namespace is gone: release what is reserved for peers that have none (any more)."""
        ipam = self._ipam()
        tenants = set(map(_peer, self._namespaces.list()))
        for peer_id in [] if ipam is None else ipam.peers.keys() - tenants:
            await self._store.change(partial(Ipam.remove_peer, cluster_id=peer_id))
            await self._client.remove(NAT_MAPPINGS, configs.nat_mapping_name(peer_id), None)

    # --- This cluster's NetworkConfig ---

    async def _local_config(self, namespace: str, peer_id: str, local: Object | None) -> Object | None:
        fc = self._foreign_cluster(peer_id)
        phase = Phase.of(fc)
        if local is not None and not _is_ours(local):
            # Somebody joined the two networks by hand, before there was any peering, as an in-band peering does.
            return None if meta.is_deleting(local) else local
        if fc is None or not (phase.active and phase.networking):
            if local is not None and not meta.is_deleting(local):
                await self._client.remove(NETWORK_CONFIGS, meta.name(local), namespace)
            return None
        gateway, ipam = self._gateway(), self._ipam()
        if gateway is None or ipam is None or (local is not None and meta.is_deleting(local)):
            return None if local is None or meta.is_deleting(local) else local
        wanted = configs.local_config(fc, namespace, ipam, gateway)
        if local is None:
            return await tenancy.ensure(self._client, NETWORK_CONFIGS, wanted)
        return await self._correct(NETWORK_CONFIGS, local, wanted)

    def _foreign_cluster(self, peer_id: str) -> Object | None:
        for fc in self._foreign_clusters.list():
            if meta.get_path(fc, "spec", "clusterIdentity", "clusterID") == peer_id:
                return fc
        return None

    def _gateway(self) -> GatewayAddress | None:
        """How peers reach the gateway; None until it is known."""
        public = next((key for key in map(public_in_secret, self._keys.list()) if key), None)
        service = next(iter(self._services.list()), None)
        if public is None or service is None:
            return None
        try:
            host, port = exposure.endpoint(service, self._nodes.list())
        except exposure.NotExposedError as error:
            _log.warning("%s", error)
            return None
        return GatewayAddress(host, port, public)

    def _ipam(self) -> Ipam | None:
        storage = self._storages.get(names.IPAM_STORAGE)
        return Ipam.from_spec(storage["spec"]) if storage else None

    # --- The peer's NetworkConfig ---

    async def _remote_config(self, peer_id: str, remote: Object | None) -> Object | None:
        """Reserve or release networks for the peer, and answer it. Raises IpamError."""
        if remote is None or meta.is_deleting(remote):
            ipam = self._ipam()
            if ipam is not None and peer_id in ipam.peers:
                await self._store.change(lambda ipam: ipam.remove_peer(peer_id))
            return None
        spec = remote["spec"]
        networks = await self._store.change(lambda ipam: ipam.add_peer(peer_id, spec["podCIDR"], spec["externalCIDR"]))
        status = configs.remote_status(remote, networks)
        if remote.get("status") == status:
            return remote
        return await self._client.patch(
            NETWORK_CONFIGS, meta.name(remote), {"status": status}, meta.namespace(remote), subresource="status"
        )

    async def _nat(self, peer_id: str, local: Object | None) -> None:
        """Record how the peer has remapped this cluster, and publish the endpoints that it was offered."""
        ipam = self._ipam()
        if ipam is None:
            return
        known = ipam.peers.get(peer_id)
        name = configs.nat_mapping_name(peer_id)
        published = self._nat_mappings.get(name)
        if known is None:
            if published is not None:
                await self._client.remove(NAT_MAPPINGS, name, None)
            return
        if local is not None and configs.is_processed(local):
            remapping = configs.local_remapping(local)
            if (known.local_nat_pod, known.local_nat_external) != remapping:
                await self._store.change(lambda ipam: ipam.remapped_by(peer_id, *remapping))
        wanted = configs.nat_mapping(ipam, peer_id)
        if published is None:
            published = await tenancy.ensure(self._client, NAT_MAPPINGS, wanted)
        await self._correct(NAT_MAPPINGS, published, wanted)

    # --- The TunnelEndpoint ---

    async def _endpoint(self, namespace: str, peer_id: str, local: Object | None, remote: Object | None) -> None:
        known = next((tep for tep in self._endpoints.list(namespace) if tep["spec"]["clusterID"] == peer_id), None)
        if local is None or remote is None or not (configs.is_processed(local) and configs.is_processed(remote)):
            gone = local is None or remote is None
            if gone and known is not None and not meta.is_deleting(known):
                await self._client.remove(TUNNEL_ENDPOINTS, meta.name(known), namespace)
            return
        wanted = configs.tunnel_endpoint(local, remote, peer_id)
        if known is None:
            known = await tenancy.ensure(self._client, TUNNEL_ENDPOINTS, wanted)
        await self._correct(TUNNEL_ENDPOINTS, known, wanted)

    # --- Objects ---

    async def _correct(self, resource: Resource, known: Object, wanted: Object) -> Object:
        """Make the spec of an object what it should be."""
        change = diff_merge(known.get("spec") or {}, wanted["spec"])
        if not change:
            return known
        space = meta.namespace(known) or None
        return await self._client.patch(resource, meta.name(known), {"spec": change}, space)


def _is_ours(config: Object) -> bool:
    """Whether a NetworkConfig of this cluster belongs to a ForeignCluster, and so to this controller."""
    owners = config["metadata"].get("ownerReferences") or []
    return any(owner.get("kind") == FOREIGN_CLUSTERS.kind for owner in owners)


def _peer(tenant: Object) -> str:
    return meta.labels(tenant).get(names.LABEL_CLUSTER_ID, "")
