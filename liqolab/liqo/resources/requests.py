"""The provider's side: every ResourceRequest of a peer is answered, with an offer or with a withdrawal.

The first request of an unknown peer also makes its ForeignCluster, so that the peering is visible, and can be stopped,
on both sides. An offer lives as long as its request is wanted and allowed; its end is gradual, because the consumer
first has to move its pods away.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES, PODS, STORAGE_CLASSES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.apimachinery.timestamps import now
from liqolab.controller.client import Client
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager, split_key
from liqolab.liqo.foreigncluster.conditions import find_local, is_replica
from liqolab.liqo.foreigncluster.phase import incoming_allowed
from liqolab.liqo.foreigncluster.tenants import Tenants
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, RESOURCE_OFFERS, RESOURCE_REQUESTS
from liqolab.liqo.identity import tenancy
from liqolab.liqo.resources import quota

_UPDATE_THRESHOLD_PERCENT = 5
_SETTLE_SECONDS = 0.5
"""Pods come and go in groups; an offer is renewed once per group."""
_REFRESH_SECONDS = 300.0
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"

_log = logging.getLogger(__name__)


def install(manager: Manager, arguments: Arguments) -> None:
    """Add the controller that answers ResourceRequests."""
    tenants = Tenants.following(manager)
    answerer = _Answerer(manager.client, arguments, tenants, manager)
    controller = Controller("resource-request", answerer.reconcile)
    controller.watches(tenants.requests)
    for informer in (tenants.offers, tenants.namespaces):
        controller.watches(informer, answerer.requests_in)
    controller.watches(tenants.foreign_clusters, answerer.requests_of)

    def resources_changed(_: Change, new: Object, old: Object | None) -> None:
        if _weight(new) != (None if old is None else _weight(old)):
            for request in tenants.requests.list():
                controller.queue.add_after(meta.key(request), _SETTLE_SECONDS)

    manager.informer(NODES).add_handler(resources_changed)
    manager.informer(PODS).add_handler(resources_changed)
    manager.add(controller)


def _weight(item: Object) -> object:
    """The part of a node or a pod that an offer depends on."""
    if item.get("kind") == NODES.kind:
        return meta.get_path(item, "status", "allocatable"), meta.condition_is_true(item, "Ready")
    running = bool(meta.get_path(item, "status", "phase") == "Running")
    return (item["spec"].get("nodeName"), running) if running else None


@dataclass(slots=True)
class _Answerer:
    client: Client
    arguments: Arguments
    tenants: Tenants
    manager: Manager

    def requests_in(self, item: Object) -> list[str]:
        """The requests that share a tenant namespace with an object, or are in it if it is one."""
        namespace = meta.namespace(item) or meta.name(item)
        return [meta.key(request) for request in self.tenants.requests.list(namespace)]

    def requests_of(self, foreign_cluster: Object) -> list[str]:
        """The requests of a ForeignCluster's peer."""
        peer_id = meta.get_path(foreign_cluster, "spec", "clusterIdentity", "clusterID", default="")
        namespace = self.tenants.namespace(peer_id)
        return [meta.key(request) for request in self.tenants.requests.list(namespace)] if namespace else []

    async def reconcile(self, key: str) -> float | None:
        namespace, name = split_key(key)
        request = self.tenants.requests.get(name, namespace)
        if request is None or namespace is None:
            return None
        peer_id = self.tenants.peer_of(namespace)
        if peer_id is None or not is_replica(request, peer_id):
            return None
        if meta.get_path(request, "spec", "clusterIdentity", "clusterID") != peer_id:
            _log.warning("%s is refused: it names another cluster than the one that its namespace belongs to", key)
            return None
        offer = find_local(self.tenants.offers.list(namespace), peer_id)
        if meta.is_deleting(request) or meta.get_path(request, "spec", "withdrawalTimestamp"):
            await self._withdraw(request, offer, denied=False)
            return None
        fc = await self._foreign_cluster(request, peer_id)
        if not incoming_allowed(fc, self.arguments.enable_incoming_peering):
            await self._withdraw(request, offer, denied=True)
            return None
        await self._allow(request, offer, peer_id)
        return _REFRESH_SECONDS

    # --- The peer's ForeignCluster ---

    async def _foreign_cluster(self, request: Object, peer_id: str) -> Object:
        auth_url = request["spec"]["authUrl"]
        known = self.tenants.foreign_cluster(peer_id)
        if known is None:
            return await self._create_foreign_cluster(request, peer_id)
        incoming = meta.labels(known).get(names.LABEL_DISCOVERY_TYPE) == names.DISCOVERY_INCOMING
        in_band = known["spec"].get("foreignProxyUrl")
        if incoming and not in_band and known["spec"].get("foreignAuthUrl") != auth_url:
            return await self.client.patch(FOREIGN_CLUSTERS, meta.name(known), {"spec": {"foreignAuthUrl": auth_url}})
        return known

    async def _create_foreign_cluster(self, request: Object, peer_id: str) -> Object:
        peer_name = request["spec"]["clusterIdentity"]["clusterName"]
        taken = self.tenants.foreign_clusters.get(peer_name) is not None
        body: Object = FOREIGN_CLUSTERS.manifest(
            names.unique_name(peer_name, peer_id) if taken else peer_name,
            labels={
                names.LABEL_CLUSTER_ID: peer_id,
                names.LABEL_DISCOVERY_TYPE: names.DISCOVERY_INCOMING,
            },
            spec={
                "clusterIdentity": {"clusterID": peer_id, "clusterName": peer_name},
                "foreignAuthUrl": request["spec"]["authUrl"],
                "outgoingPeeringEnabled": texts.PEERING_AUTO,
                "incomingPeeringEnabled": texts.PEERING_AUTO,
                "insecureSkipTLSVerify": True,
            },
        )
        return await tenancy.ensure(self.client, FOREIGN_CLUSTERS, body)

    # --- Allow ---

    async def _allow(self, request: Object, offer: Object | None, peer_id: str) -> None:
        if offer is not None and (meta.is_deleting(offer) or offer["spec"].get("withdrawalTimestamp")):
            # It is on its way out since an earlier denial; the next one follows when it is gone.
            await self._withdraw(request, offer, denied=True)
            return
        if not meta.has_finalizer(request, names.FINALIZER_RESOURCE_REQUEST):
            request = await self.client.update(
                RESOURCE_REQUESTS, meta.with_finalizer(request, names.FINALIZER_RESOURCE_REQUEST)
            )
        wanted = await self._offer(request, peer_id)
        if offer is None:
            await tenancy.ensure(self.client, RESOURCE_OFFERS, wanted)
        elif _needs_renewal(offer["spec"], wanted["spec"]):
            patch = {"spec": _replacing(offer["spec"], wanted["spec"])}
            await self.client.patch(RESOURCE_OFFERS, meta.name(offer), patch, meta.namespace(offer))
        await self._set_status(request, {"offerState": texts.OFFER_STATE_CREATED, "offerWithdrawalTimestamp": None})

    async def _offer(self, request: Object, peer_id: str) -> Object:
        spec: Object = {
            "clusterId": self.arguments.cluster_id,
            "labels": dict(self.arguments.cluster_labels),
            "resourceQuota": {"hard": self._quota(peer_id)},
        }
        if self.arguments.enable_storage:
            spec["storageClasses"] = await self._storage_classes()
        return RESOURCE_OFFERS.manifest(
            self.arguments.cluster_name,
            meta.namespace(request),
            labels={names.LABEL_REPLICATION: "true", names.LABEL_REMOTE_ID: peer_id},
            spec=spec,
        )

    def _quota(self, peer_id: str) -> dict[str, str]:
        nodes, pods = self.manager.informer(NODES).list(), self.manager.informer(PODS).list()
        return quota.offered(nodes, pods, peer_id, self.arguments.resource_sharing_percentage)

    async def _storage_classes(self) -> list[Object]:
        """The classes that volumes of the consumer may get here, the one that Liqo's own class uses marked."""
        offered: list[Object] = []
        try:
            classes = (await self.client.list(STORAGE_CLASSES)).items
        except ApiError as error:
            if error.code != 403:
                raise
            _log.warning("no storage classes are offered: %s", error.message)
            return []
        for item in classes:
            if item.get("provisioner") == names.STORAGE_PROVISIONER:
                continue
            name = meta.name(item)
            default = meta.annotations(item).get(_DEFAULT_CLASS) == "true"
            if self.arguments.real_storage_class_name:
                default = name == self.arguments.real_storage_class_name
            offered.append({"storageClassName": name, "default": True} if default else {"storageClassName": name})
        return offered

    # --- Withdraw ---

    async def _withdraw(self, request: Object, offer: Object | None, *, denied: bool) -> None:
        """Take the next step towards having no offer; when there, say so on the request."""
        if offer is None:
            await self._withdrawn(request, denied=denied)
        elif not offer["spec"].get("withdrawalTimestamp"):
            await self.client.patch(
                RESOURCE_OFFERS, meta.name(offer), {"spec": {"withdrawalTimestamp": now()}}, meta.namespace(offer)
            )
        elif meta.get_path(offer, "status", "virtualKubeletStatus", default=texts.KUBELET_NONE) == texts.KUBELET_NONE:
            await self._delete_offer(offer)

    async def _withdrawn(self, request: Object, *, denied: bool) -> None:
        status = request.get("status") or {}
        if denied:
            request = await self._set_status(
                request, {"offerState": texts.OFFER_STATE_NONE, "offerWithdrawalTimestamp": None}
            )
        elif not status.get("offerWithdrawalTimestamp"):
            state = status.get("offerState", texts.OFFER_STATE_NONE)
            request = await self._set_status(request, {"offerState": state, "offerWithdrawalTimestamp": now()})
        if meta.has_finalizer(request, names.FINALIZER_RESOURCE_REQUEST) and (denied or meta.is_deleting(request)):
            await self.client.update(
                RESOURCE_REQUESTS, meta.without_finalizer(request, names.FINALIZER_RESOURCE_REQUEST)
            )

    async def _delete_offer(self, offer: Object) -> None:
        if meta.is_deleting(offer):
            return
        await self.client.remove(RESOURCE_OFFERS, meta.name(offer), meta.namespace(offer))

    async def _set_status(self, request: Object, status: Object) -> Object:
        known = request.get("status") or {}
        if all(known.get(key) == value for key, value in status.items()):
            return request
        return await self.client.patch(
            RESOURCE_REQUESTS, meta.name(request), {"status": status}, meta.namespace(request), subresource="status"
        )


def _needs_renewal(old: Object, new: Object) -> bool:
    if any(old.get(key) != new.get(key) for key in ("labels", "storageClasses")):
        return True
    hard = meta.get_path(old, "resourceQuota", "hard", default={})
    return quota.differs(hard, new["resourceQuota"]["hard"], _UPDATE_THRESHOLD_PERCENT)


def _replacing(old: Object, new: Object) -> Object:
    """A merge patch that leaves no entry of the old maps behind."""
    patch = dict(new)
    patch["labels"] = {**dict.fromkeys(old.get("labels") or {}), **new["labels"]}
    hard = meta.get_path(old, "resourceQuota", "hard", default={})
    patch["resourceQuota"] = {"hard": {**dict.fromkeys(hard), **new["resourceQuota"]["hard"]}}
    return patch
