"""The consumer's side: an offer of a peer is accepted with a virtual kubelet, and given up with its removal.

Two finalizers keep the order. ``liqo.io/virtualkubelet`` is ours: a virtual kubelet may be running. ``liqo.io/node`` is
the virtual kubelet's: its node exists, with pods that have to be moved away first. When an offer is withdrawn the
virtual kubelet drains and gives up its finalizer; only then is it removed, and only then may the offer go.

``status.phase`` is the decision, and people's word counts: with ``--offer-disable-auto-accept`` a new offer waits for
somebody to write ``Accepted`` there, and ``Refused`` takes an accepted one back. A removal that has begun is finished
before an offer is accepted again.
"""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CLUSTER_ROLE_BINDINGS, DEPLOYMENTS, SERVICE_ACCOUNTS
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Controller, Manager, split_key
from liqolab.liqo.foreigncluster.conditions import find_local, is_replica
from liqolab.liqo.foreigncluster.tenants import Tenants
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.resources import RESOURCE_OFFERS
from liqolab.liqo.identity import tenancy
from liqolab.liqo.resources.kubelet import KubeletDeployment


def install(manager: Manager, arguments: Arguments) -> None:
    """Add the controller that takes offers."""
    tenants = Tenants.following(manager)
    deployments = manager.informer(DEPLOYMENTS, labels=f"{names.LABEL_APP_NAME}={names.VIRTUAL_KUBELET}")
    recorder = EventRecorder(manager.client, names.CONTROLLER_MANAGER)
    taker = _Taker(manager.client, arguments, tenants, deployments, recorder)
    controller = Controller("resource-offer", taker.reconcile)
    controller.watches(tenants.offers)
    for informer in (deployments, tenants.requests, tenants.namespaces):
        controller.watches(informer, taker.offers_in)
    controller.watches(tenants.foreign_clusters, taker.offers_of)
    manager.add(controller)


@dataclass(slots=True)
class _Taker:
    client: Client
    arguments: Arguments
    tenants: Tenants
    deployments: Informer
    recorder: EventRecorder

    def offers_in(self, item: Object) -> list[str]:
        namespace = meta.namespace(item) or meta.name(item)
        return [meta.key(offer) for offer in self.tenants.offers.list(namespace)]

    def offers_of(self, foreign_cluster: Object) -> list[str]:
        namespace = meta.get_path(foreign_cluster, "status", "tenantNamespace", "local")
        return [meta.key(offer) for offer in self.tenants.offers.list(namespace)] if namespace else []

    async def reconcile(self, key: str) -> None:
        namespace, name = split_key(key)
        offer = self.tenants.offers.get(name, namespace)
        if offer is None or namespace is None:
            return
        peer_id = self.tenants.peer_of(namespace)
        if peer_id is None or not is_replica(offer, peer_id):
            return
        going = meta.get_path(offer, "status", "virtualKubeletStatus") == texts.KUBELET_DELETING
        if going or meta.is_deleting(offer) or offer["spec"].get("withdrawalTimestamp"):
            await self._give_up(offer)
            return
        # A peer may offer only what it was asked for: without our own request there is nothing to accept.
        if find_local(self.tenants.requests.list(namespace), peer_id) is None:
            if self.tenants.foreign_cluster(peer_id) is None:
                # Given up together with its ForeignCluster; a peer that answers would have seen to its end itself.
                await self.client.remove(RESOURCE_OFFERS, name, namespace)
            return
        phase = self._phase(offer)
        if phase == texts.OFFER_ACCEPTED:
            await self._accept(offer, peer_id)
        elif meta.has_finalizer(offer, names.FINALIZER_VIRTUAL_KUBELET):
            await self._give_up(offer)
        else:
            await self._leave(offer, phase)

    def _phase(self, offer: Object) -> str:
        """What has been decided about an offer, or is to be."""
        phase = str(meta.get_path(offer, "status", "phase", default=texts.OFFER_PENDING))
        if phase != texts.OFFER_PENDING:
            return phase
        by_hand = self.arguments.offer_disable_auto_accept
        return texts.OFFER_MANUAL_ACTION_REQUIRED if by_hand else texts.OFFER_ACCEPTED

    async def _leave(self, offer: Object, phase: str) -> None:
        """An offer that nobody has accepted: say so, and where a decision is wanted, how to make it."""
        known = meta.get_path(offer, "status", "phase")
        await self._set_status(offer, phase=phase, kubelet=texts.KUBELET_NONE)
        if phase == texts.OFFER_MANUAL_ACTION_REQUIRED and known != phase:
            await self._event(offer, texts.EVENT_OFFER_WAITS, name=meta.name(offer))

    # --- Accept ---

    async def _accept(self, offer: Object, peer_id: str) -> None:
        fc = self.tenants.foreign_cluster(peer_id)
        if fc is None:
            return
        if not meta.has_finalizer(offer, names.FINALIZER_VIRTUAL_KUBELET):
            offer = await self.client.update(
                RESOURCE_OFFERS, meta.with_finalizer(offer, names.FINALIZER_VIRTUAL_KUBELET)
            )
        await self._start(offer, self._kubelet(offer, fc["spec"]["clusterIdentity"]["clusterName"], peer_id))
        await self._set_status(offer, phase=texts.OFFER_ACCEPTED, kubelet=texts.KUBELET_CREATED)

    def _kubelet(self, offer: Object, peer_name: str, peer_id: str) -> KubeletDeployment:
        classes = tuple(offer["spec"].get("storageClasses") or ())
        return KubeletDeployment(self.arguments, meta.namespace(offer), peer_id, peer_name, classes)

    async def _start(self, offer: Object, kubelet: KubeletDeployment) -> None:
        known = self.deployments.get(names.VIRTUAL_KUBELET, meta.namespace(offer))
        if known is not None and not meta.is_deleting(known):
            await self._keep_told(known, kubelet.deployment())
            return
        await tenancy.ensure(self.client, SERVICE_ACCOUNTS, kubelet.service_account())
        await tenancy.ensure(self.client, CLUSTER_ROLE_BINDINGS, kubelet.binding())
        await tenancy.ensure(self.client, DEPLOYMENTS, kubelet.deployment())
        await self._event(offer, texts.EVENT_KUBELET_CREATED)

    async def _keep_told(self, known: Object, wanted: Object) -> None:
        """Start a virtual kubelet anew that was told something else, such as of other storage classes."""
        (running,), (container,) = (each["spec"]["template"]["spec"]["containers"] for each in (known, wanted))
        if running.get("args") != container["args"]:
            containers = [{"name": container["name"], "args": container["args"]}]
            body = {"spec": {"template": {"spec": {"containers": containers}}}}
            await self.client.patch(DEPLOYMENTS, meta.name(known), body, meta.namespace(known), type="strategic")

    # --- Give up ---

    async def _give_up(self, offer: Object) -> None:
        """Take the next step of the removal."""
        if not meta.has_finalizer(offer, names.FINALIZER_VIRTUAL_KUBELET):
            if not meta.is_deleting(offer):
                # It was never taken, or its replica was made anew after that of the taken one had gone.
                await self._set_status(offer, kubelet=texts.KUBELET_NONE)
            return
        if meta.has_finalizer(offer, names.FINALIZER_NODE):
            await self._set_status(offer, kubelet=texts.KUBELET_DELETING)
            return
        if self.deployments.get(names.VIRTUAL_KUBELET, meta.namespace(offer)) is not None:
            await self._stop(offer)
            return
        offer = await self._set_status(offer, kubelet=texts.KUBELET_NONE)
        await self.client.update(RESOURCE_OFFERS, meta.without_finalizer(offer, names.FINALIZER_VIRTUAL_KUBELET))

    async def _stop(self, offer: Object) -> None:
        namespace = meta.namespace(offer)
        peer_id = meta.labels(offer)[names.LABEL_ORIGIN_ID]
        bindings = await self.client.list(CLUSTER_ROLE_BINDINGS, labels=f"{names.LABEL_CLUSTER_ID}={peer_id}")
        await self.client.remove(DEPLOYMENTS, names.VIRTUAL_KUBELET, namespace, propagation="Background")
        await self.client.remove(SERVICE_ACCOUNTS, names.VIRTUAL_KUBELET, namespace, propagation="Background")
        for binding in bindings.items:
            await self.client.remove(CLUSTER_ROLE_BINDINGS, meta.name(binding), propagation="Background")
        await self._event(offer, texts.EVENT_KUBELET_DELETED)

    async def _event(self, offer: Object, text: tuple[str, str], **values: str) -> None:
        reason, message = text
        message = message.format(namespace=meta.namespace(offer), **values)
        await self.recorder.event(offer, "Normal", reason, message)

    async def _set_status(self, offer: Object, *, kubelet: str, phase: str | None = None) -> Object:
        known = offer.get("status") or {}
        status = {"phase": phase or known.get("phase", texts.OFFER_PENDING), "virtualKubeletStatus": kubelet}
        if all(known.get(key) == value for key, value in status.items()):
            return offer
        return await self.client.patch(
            RESOURCE_OFFERS, meta.name(offer), {"status": status}, meta.namespace(offer), subresource="status"
        )
