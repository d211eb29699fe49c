"""The provisioner of the virtual storage class on a cluster's own nodes (Liqo 0.5's is part of its controller manager).

A claim whose first pod goes to one of this cluster's nodes gets a twin in the storage namespace, of the class that the
installation names or else the default one. Once that is bound, the claim gets a volume that leads to the same data.
Volumes of the class that are released are deleted here, wherever their data was.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    EVENTS,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    STORAGE_CLASSES,
)
from liqolab.apimachinery.errors import ApiError, existing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.storage import claims

_LOOK_AGAIN_SECONDS = 5.0
"""Somebody else makes the real volume; if that fails, nothing but an event says so."""
_BEHIND = "behind"

_log = logging.getLogger(__name__)


def install(manager: Manager, arguments: Arguments, pod: str) -> None:
    """Add the provisioner to `manager`, if the installation has storage enabled; `pod` is where it runs."""
    if arguments.enable_storage:
        Provisioner(manager, arguments, pod)


class Provisioner:
    """Keyed by the claim of the virtual class."""

    def __init__(self, manager: Manager, arguments: Arguments, pod: str) -> None:
        self._client = manager.client
        self._namespace = arguments.storage_namespace
        self._virtual_class = arguments.virtual_storage_class_name
        self._real_class = arguments.real_storage_class_name
        self._recorder = EventRecorder(manager.client, f"{names.STORAGE_PROVISIONER}_{pod}_{uuid.uuid4()}")
        self._claims = manager.informer(PERSISTENT_VOLUME_CLAIMS)
        self._claims.add_indexer(_BEHIND, self._virtual_of)
        self._volumes = manager.informer(PERSISTENT_VOLUMES)
        self._classes = manager.informer(STORAGE_CLASSES)
        self._nodes = manager.informer(NODES)
        manager.add(Controller("storage-provisioner", self._reconcile).watches(self._claims, self._concerned))
        manager.add(Controller("storage-provisioner (volumes)", self._reclaim).watches(self._volumes))
        manager.add(start := Controller("storage-namespace", self._ensure_namespace))
        start.queue.add(self._namespace)

    async def _ensure_namespace(self, name: str) -> None:
        labels = {names.LABEL_STORAGE_NAMESPACE: "true"}
        with existing_ok:
            await self._client.create(NAMESPACES, NAMESPACES.manifest(name, labels=labels))

    def _virtual_of(self, claim: Object) -> Iterable[str]:
        """The key of the claim that a real one stands behind."""
        labels = meta.labels(claim)
        name = labels.get(names.LABEL_VIRTUAL_CLAIM_NAME)
        if meta.namespace(claim) == self._namespace and name:
            yield f"{labels.get(names.LABEL_VIRTUAL_CLAIM_NAMESPACE, '')}/{name}"

    def _concerned(self, claim: Object) -> Iterable[str]:
        return list(self._virtual_of(claim)) or [meta.key(claim)]

    async def _reconcile(self, key: str) -> float | None:
        claim = self._claims.by_key(key)
        for twin in self._claims.by_index(_BEHIND, key):
            if claim is None or meta.name(twin) != meta.uid(claim):
                await self._forsake(twin)
        if claim is None or claims.class_name(claim) != self._virtual_class:
            return None
        name = claims.selected_node(claim)
        if not name or self._volumes.get(claims.volume_name(claim)) is not None:
            return None
        try:
            return await self._provision(claim, name)
        except ApiError as error:
            if not error.conflict:
                await self._failed(claim, error.message)
            raise

    async def _provision(self, claim: Object, node_name: str) -> float | None:
        node = self._nodes.get(node_name)
        if node is None:
            reason, message = texts.EVENT_PROVISIONING_FAILED[0], texts.TARGET_NODE_MISSING.format(node=node_name)
            await self._recorder.event(claim, "Warning", reason, message)
            return _LOOK_AGAIN_SECONDS
        if meta.labels(node).get(names.LABEL_TYPE) == names.TYPE_VIRTUAL_NODE:
            return None
        twin = self._claims.get(meta.uid(claim), self._namespace)
        if twin is None:
            await self._begin(claim, node_name)
            return None
        if real := twin["spec"].get("volumeName"):
            return await self._finish(claim, real)
        if meta.annotations(twin).get(claims.SELECTED_NODE) != node_name:
            body = {"metadata": {"annotations": claims.behind(claim, node_name, "")["annotations"]}}
            await self._client.patch(PERSISTENT_VOLUME_CLAIMS, meta.name(twin), body, self._namespace)
        if why := await self._trouble(twin):
            await self._failed(claim, f"{texts.REAL_VOLUME_MISSING}: {why}")
        return _LOOK_AGAIN_SECONDS

    async def _begin(self, claim: Object, node: str) -> None:
        reason, message = texts.EVENT_PROVISIONING
        await self._recorder.event(claim, "Normal", reason, message.format(claim=meta.key(claim)))
        await self._ensure_namespace(self._namespace)
        twin = PERSISTENT_VOLUME_CLAIMS.manifest(
            meta.uid(claim), self._namespace, **claims.behind(claim, node, self._real_class)
        )
        with existing_ok:
            await self._client.create(PERSISTENT_VOLUME_CLAIMS, twin, self._namespace)

    async def _finish(self, claim: Object, real_name: str) -> float | None:
        real = await self._client.find(PERSISTENT_VOLUMES, real_name)
        storage_class = self._classes.get(claims.class_name(claim))
        if real is None or storage_class is None:
            return _LOOK_AGAIN_SECONDS
        with existing_ok:
            await self._client.create(PERSISTENT_VOLUMES, claims.here(claim, storage_class, real))
        reason, message = texts.EVENT_PROVISIONED
        await self._recorder.event(claim, "Normal", reason, message.format(volume=claims.volume_name(claim)))
        return None

    async def _trouble(self, twin: Object) -> str:
        """What the last event of a real claim that is not bound complains of; empty for nothing."""
        fields = f"involvedObject.uid={meta.uid(twin)}"
        found = (await self._client.list(EVENTS, self._namespace, fields=fields)).items
        told = [event for event in found if event.get("type") == "Warning" or event.get("reason") == "FailedBinding"]
        last = max(told, key=lambda event: event.get("lastTimestamp") or "", default={})
        return str(last.get("message") or "")

    async def _failed(self, claim: Object, why: str) -> None:
        reason, message = texts.EVENT_PROVISIONING_FAILED
        text = message.format(storage_class=claims.class_name(claim), error=why)
        await self._recorder.event(claim, "Warning", reason, text)

    async def _forsake(self, twin: Object) -> None:
        """The claim went before it had a volume; one that has its volume is reclaimed with that."""
        if await self._client.find(PERSISTENT_VOLUMES, f"pvc-{meta.name(twin)}") is None and not meta.is_deleting(twin):
            _log.info("the claim behind %s is gone; deleting %s", next(iter(self._virtual_of(twin))), meta.key(twin))
            await self._client.remove(PERSISTENT_VOLUME_CLAIMS, meta.name(twin), self._namespace, uid=meta.uid(twin))

    async def _reclaim(self, name: str) -> None:
        """Delete a released volume of ours, and first the real claim, if there is one in this cluster."""
        volume = self._volumes.get(name)
        if volume is None or meta.is_deleting(volume):
            return
        is_ours = meta.annotations(volume).get(claims.PROVISIONED_BY) == names.STORAGE_PROVISIONER
        is_left = meta.get_path(volume, "status", "phase") == "Released"
        if is_ours and is_left and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            twin = meta.get_path(volume, "spec", "claimRef", "uid", default="")
            await self._client.remove(PERSISTENT_VOLUME_CLAIMS, twin, self._namespace)
            await self._client.remove(PERSISTENT_VOLUMES, name, uid=meta.uid(volume))
