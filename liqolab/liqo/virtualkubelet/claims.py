"""Claims of the virtual storage class whose pods go to the provider: the data lives there, in a claim of the same name.

Unlike other kinds a claim is not simply copied: it gets its twin when the scheduler has chosen this virtual node for
its first pod, and then keeps it. What holds pods to the provider from then on is the node affinity of the volume that
the claim gets here. The twin goes with the claim; the claim does not go with the twin.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import EVENTS, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, STORAGE_CLASSES
from liqolab.apimachinery.errors import ApiError, existing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Controller
from liqolab.liqo.gen05 import texts
from liqolab.liqo.offloading.terminating import namespace_is_terminating
from liqolab.liqo.storage import claims
from liqolab.liqo.virtualkubelet.pair import Pair
from liqolab.liqo.virtualkubelet.reflection import create_ours

_LOOK_AGAIN_SECONDS = 5.0
"""Why a claim is not bound, only events say."""


@dataclass(frozen=True, slots=True)
class StorageOffer:
    """What is agreed on volumes.

    Attributes:
        enabled: whether the provider offers any.
        virtual_class: the class of the claims that are concerned.
        real_class: the provider's; empty for its default.
    """

    enabled: bool
    virtual_class: str
    real_class: str


class ClaimReflector:
    """The claims of one namespace. Keyed by name, which is the same on both sides."""

    def __init__(
        self, clients: tuple[Client, Client], pair: Pair, namespaces: tuple[str, str], offer: StorageOffer
    ) -> None:
        self._local_client, self._remote_client = clients
        self._pair = pair
        self._namespaces = namespaces
        self._offer = offer
        component = texts.EVENT_SOURCE.format(kind=PERSISTENT_VOLUME_CLAIMS.kind.lower())
        self._events = EventRecorder(clients[0], component)
        self._local = Informer(clients[0], PERSISTENT_VOLUME_CLAIMS, namespaces[0])
        self._remote = Informer(clients[1], PERSISTENT_VOLUME_CLAIMS, namespaces[1], labels=pair.selector)
        self._controller = Controller("persistentvolumeclaims-reflection", self.reconcile)
        for informer in (self._local, self._remote):
            self._controller.watches(informer, lambda item: (meta.name(item),))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._local.run())
            group.create_task(self._remote.run())
            await self._local.synced()
            await self._remote.synced()
            group.create_task(self._controller.run())

    def recheck(self) -> None:
        """Nothing of a claim depends on how addresses translate."""

    async def reconcile(self, name: str) -> float | None:
        local = self._local.get(name, self._namespaces[0])
        remote = self._remote.get(name, self._namespaces[1])
        if local is None:
            if remote is not None and not meta.is_deleting(remote):
                await self._remote_client.remove(
                    PERSISTENT_VOLUME_CLAIMS, name, self._namespaces[1], uid=meta.uid(remote)
                )
            return None
        if claims.class_name(local) != self._offer.virtual_class:
            return None
        if claims.selected_node(local) == self._pair.node:
            return await self._provision_or_refuse(local, remote)
        return await self._keep(local, remote)

    async def _provision_or_refuse(self, local: Object, remote: Object | None) -> float | None:
        if not self._offer.enabled:
            reason, message = texts.EVENT_RESCHEDULING
            await self._events.event(local, "Warning", reason, message.format(claim=meta.key(local)))
            annotations = {key: value for key, value in meta.annotations(local).items() if key != claims.SELECTED_NODE}
            body = {**local, "metadata": {**local["metadata"], "annotations": annotations}}
            await self._local_client.update(PERSISTENT_VOLUME_CLAIMS, body)
            return None
        try:
            return await self._provision(local, remote)
        except ApiError as error:
            if not namespace_is_terminating(error):
                await self._failed(local, error.message)
            raise

    async def _provision(self, local: Object, remote: Object | None) -> float | None:
        storage_class = await self._local_client.get(STORAGE_CLASSES, self._offer.virtual_class)
        name, namespace = meta.name(local), self._namespaces[1]
        if remote is not None and meta.is_deleting(remote):
            # It stood for a claim of the same name that is gone; this one starts empty.
            return None
        if remote is None:
            reason, message = texts.EVENT_PROVISIONING
            await self._events.event(local, "Normal", reason, message.format(claim=meta.key(local)))
            wanted = claims.remote(local, self._pair.labels, self._offer.real_class)
            body = PERSISTENT_VOLUME_CLAIMS.manifest(name, namespace, **wanted)
            await create_ours(self._remote_client, PERSISTENT_VOLUME_CLAIMS, body, self._pair)
        volume = claims.elsewhere(local, storage_class, self._pair.node)
        with existing_ok:
            await self._local_client.create(PERSISTENT_VOLUMES, volume)
        for reason, message in (texts.EVENT_REFLECTED, texts.EVENT_STATUS_REFLECTED):
            await self._events.event(local, "Normal", reason, message.format(cluster=self._pair.foreign_name))
        return None

    async def _keep(self, local: Object, remote: Object | None) -> float | None:
        """Tell of a claim that was provisioned on this provider what is wrong with its twin."""
        is_here = meta.annotations(local).get(claims.SELECTED_NODE) == self._pair.node
        if not is_here or not local["spec"].get("volumeName") or meta.is_deleting(local):
            return None
        if remote is None:
            remote = await self._remote_client.find(PERSISTENT_VOLUME_CLAIMS, meta.name(local), self._namespaces[1])
        if remote is None:
            reason, message = texts.EVENT_REMOTE_CLAIM_LOST
            await self._events.event(local, "Warning", reason, message.format(cluster=self._pair.foreign_name))
            return None
        if meta.get_path(remote, "status", "phase") == "Bound":
            return None
        if why := await self._trouble(remote):
            await self._failed(local, why)
        return _LOOK_AGAIN_SECONDS

    async def _trouble(self, remote: Object) -> str:
        """What the last warning about a claim on the provider says; empty for none."""
        fields = f"involvedObject.uid={meta.uid(remote)}"
        found = (await self._remote_client.list(EVENTS, self._namespaces[1], fields=fields)).items
        told = [event for event in found if event.get("type") == "Warning"]
        return str(max(told, key=lambda event: event.get("lastTimestamp") or "", default={}).get("message") or "")

    async def _failed(self, local: Object, why: str) -> None:
        reason, message = texts.EVENT_PROVISIONING_FAILED
        where = texts.ON_CLUSTER.format(cluster=self._pair.foreign_name, error=why)
        text = message.format(storage_class=claims.class_name(local), error=where)
        await self._events.event(local, "Warning", reason, text)
