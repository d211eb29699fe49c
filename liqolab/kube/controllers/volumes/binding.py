"""Claims are bound to volumes, and what a deleted claim leaves behind is reclaimed.

Claims and volumes are reconciled one at a time each. That two claims never get one volume rests on the store alone: the
reservation is an update of the volume at the version that was looked at, and one of two such updates is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS, STORAGE_CLASSES
from liqolab.apimachinery.resources import Object
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.volumes.protection import claims_of
from liqolab.kube.controllers.volumes.writing import VolumeWriter
from liqolab.kube.kinds import volumes as rules

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_BY_CLAIM = "claim"
_BY_WISH = "wish"


class VolumeBinding:
    """The controller of claims and the one of volumes."""

    def __init__(self, manager: Manager) -> None:
        self._recorder = EventRecorder(manager.client, texts.VOLUME_CONTROLLER)
        self._writer = VolumeWriter(manager.client)
        self._claims = manager.informer(PERSISTENT_VOLUME_CLAIMS)
        self._claims.add_indexer(_BY_WISH, _wishes)
        self._volumes = manager.informer(PERSISTENT_VOLUMES)
        self._volumes.add_indexer(_BY_CLAIM, _claim_of)
        self._classes = manager.informer(STORAGE_CLASSES)
        self._pods = manager.informer(PODS)
        self._pods.add_indexer(_BY_CLAIM, claims_of)
        self._claim_controller = manager.add(Controller(f"{texts.VOLUME_CONTROLLER} (claims)", self._sync_claim))
        self._claim_controller.watches(self._claims)
        self._volume_controller = manager.add(Controller(texts.VOLUME_CONTROLLER, self._sync_volume))
        self._volume_controller.watches(self._volumes).watches(self._claims, self._volumes_of)
        self._volumes.add_handler(self._observe_volume)
        self._classes.add_handler(self._observe_class)

    def _volumes_of(self, claim: Object) -> Iterable[str]:
        named = claim["spec"].get("volumeName")
        reserved = (meta.name(volume) for volume in self._volumes.by_index(_BY_CLAIM, meta.key(claim)))
        return {*reserved, *([named] if named else [])}

    def _observe_volume(self, _: Change, new: Object, __: Object | None) -> None:
        """A volume concerns the claim it is reserved for, those that name it and, while it is free, all that wait."""
        reserved = rules.claim_key(new)
        if reserved:
            self._claim_controller.queue.add(reserved)
        concerned = self._claims.by_index(_BY_WISH, f"volume {meta.name(new)}")
        if not reserved:
            concerned += self._claims.by_index(_BY_WISH, f"class {rules.class_of(new)}")
        for claim in concerned:
            self._claim_controller.queue.add(meta.key(claim))

    def _observe_class(self, *_: object) -> None:
        for claim in self._claims.by_index(_BY_WISH, "to be bound"):
            self._claim_controller.queue.add(meta.key(claim))

    async def _sync_claim(self, key: str) -> None:
        claim = self._claims.by_key(key)
        if claim is None:
            return
        if rules.BIND_COMPLETED in meta.annotations(claim):
            await self._keep(claim)
        elif claim["spec"].get("volumeName"):
            await self._bind_to_named(claim)
        else:
            await self._find(claim)

    async def _find(self, claim: Object) -> None:
        """Bind a claim to any volume that suits, or see that one is made."""
        name = rules.class_of(claim)
        storage_class = self._classes.get(name) if name else None
        delayed = rules.waits_for_consumer(storage_class)
        volume = rules.best_match(claim, self._volumes.list(), delayed=delayed)
        if volume is not None:
            await self._writer.bind(volume, claim)
            return
        if claim["spec"].get("storageClassName") is None and not name and (default := self._default_class()):
            body = {**claim, "spec": {**claim["spec"], "storageClassName": default}}
            await self._writer.client.update(PERSISTENT_VOLUME_CLAIMS, body)
            return
        if delayed and rules.SELECTED_NODE not in meta.annotations(claim):
            await self._tell(claim, "Normal", *self._consumers(claim))
        elif name:
            await self._provision(claim, name, storage_class)
        else:
            await self._tell(claim, "Normal", texts.FAILED_BINDING, texts.NO_VOLUME_AND_NO_CLASS)
        await self._writer.set_claim_phase(claim, "Pending")

    def _default_class(self) -> str:
        """The default class, the newest one if there are several; empty for none."""
        found = [item for item in self._classes.list() if meta.annotations(item).get(_DEFAULT_CLASS) == "true"]
        newest = max(found, key=lambda item: item["metadata"].get("creationTimestamp") or "", default={})
        return meta.name(newest)

    def _consumers(self, claim: Object) -> tuple[str, str]:
        """Reason and message that say which pods, not yet on a node, a claim waits for."""
        pods = self._pods.by_index(_BY_CLAIM, meta.key(claim))
        waiting = [meta.name(pod) for pod in pods if not pod["spec"].get("nodeName")]
        if not waiting:
            return texts.WAIT_FOR_FIRST_CONSUMER
        template = texts.WAITING_FOR_POD if len(waiting) == 1 else texts.WAITING_FOR_PODS
        return texts.WAIT_FOR_POD_SCHEDULED, template.format(names=",".join(waiting))

    async def _provision(self, claim: Object, name: str, storage_class: Object | None) -> None:
        """Ask the provisioner of the class, which is a program of its own."""
        if storage_class is None:
            await self._tell(claim, "Warning", texts.PROVISIONING_FAILED, texts.CLASS_NOT_FOUND.format(name=name))
            return
        provisioner: str = storage_class.get("provisioner") or ""
        if provisioner.startswith("kubernetes.io/"):
            message = texts.NO_VOLUME_PLUGIN.format(name=provisioner)
            await self._tell(claim, "Warning", texts.PROVISIONING_FAILED, message)
            return
        await self._writer.annotate_claim(claim, dict.fromkeys(rules.PROVISIONERS, provisioner))
        message = texts.EXTERNAL_PROVISIONING_MESSAGE.format(provisioner=provisioner)
        await self._tell(claim, "Normal", texts.EXTERNAL_PROVISIONING, message)

    async def _bind_to_named(self, claim: Object) -> None:
        """Bind a claim to the volume that its author, or a provisioner, has chosen."""
        volume = self._volumes.get(claim["spec"]["volumeName"])
        if volume is not None:
            if rules.is_reserved_for(volume, claim):
                await self._writer.bind(volume, claim)
                return
            if rules.claim_key(volume):
                message = texts.VOLUME_TAKEN.format(volume=meta.name(volume))
                await self._tell(claim, "Warning", texts.FAILED_BINDING, message)
            elif why := rules.objection(volume, claim):
                message = texts.REQUESTED_VOLUME_UNFIT.format(volume=meta.name(volume), why=why)
                await self._tell(claim, "Warning", texts.VOLUME_MISMATCH, message)
            else:
                await self._writer.bind(volume, claim)
                return
        await self._writer.set_claim_phase(claim, "Pending")

    async def _keep(self, claim: Object) -> None:
        """See that a claim that was bound once still is."""
        named = claim["spec"].get("volumeName")
        volume = self._volumes.get(named) if named else None
        reason, message = texts.CLAIM_LOST, texts.CLAIM_LOST_VOLUME
        if volume is not None:
            if not rules.claim_key(volume) or volume["spec"]["claimRef"].get("uid") == meta.uid(claim):
                await self._writer.bind(volume, claim)
                return
            reason, message = texts.CLAIM_MISBOUND
        elif not named:
            message = texts.CLAIM_LOST_REFERENCE
        if await self._writer.set_claim_phase(claim, "Lost"):
            await self._tell(claim, "Warning", reason, message)

    async def _sync_volume(self, key: str) -> None:
        volume = self._volumes.by_key(key)
        if volume is None:
            return
        reference = volume["spec"].get("claimRef") or {}
        if not reference.get("uid"):
            await self._writer.set_volume_phase(volume, "Available")
            return
        claim = await self._claim(volume)
        if claim is None:
            await self._reclaim(volume)
        elif claim["spec"].get("volumeName") == meta.name(volume):
            await self._writer.set_volume_phase(volume, "Bound")
        elif not claim["spec"].get("volumeName"):
            self._claim_controller.queue.add(meta.key(claim))
        elif rules.PROVISIONED_BY in meta.annotations(volume) and _reclaim_policy(volume) == "Delete":
            await self._reclaim(volume)
        else:
            await self._writer.unbind(volume)

    async def _claim(self, volume: Object) -> Object | None:
        """The claim that a volume is bound to. Before it is taken for gone, the server is asked: data is at stake."""
        reference = volume["spec"]["claimRef"]
        name, namespace = reference.get("name", ""), reference.get("namespace", "")
        known = self._claims.get(name, namespace)
        if known is None or meta.uid(known) != reference["uid"]:
            known = await self._writer.client.find(PERSISTENT_VOLUME_CLAIMS, name, namespace)
        return known if known is not None and meta.uid(known) == reference["uid"] else None

    async def _reclaim(self, volume: Object) -> None:
        """The claim is gone: keep the volume, or delete it if this controller is the one to do so."""
        phase = meta.get_path(volume, "status", "phase")
        if phase not in ("Released", "Failed"):
            volume = await self._writer.set_volume_phase(volume, "Released") or volume
        provisioner = meta.annotations(volume).get(rules.PROVISIONED_BY, "")
        is_others = volume["spec"].get("csi") or (provisioner and not provisioner.startswith("kubernetes.io/"))
        if _reclaim_policy(volume) != "Delete" or is_others:
            return
        path = meta.get_path(volume, "spec", "hostPath", "path")
        if path is not None and path.startswith("/tmp/"):  # noqa: S108 - what the real controller compares with
            await self._writer.client.remove(PERSISTENT_VOLUMES, meta.name(volume), uid=meta.uid(volume))
            return
        message = texts.NO_DELETER.format(volume=meta.name(volume))
        if path is not None:
            message = texts.HOST_PATH_DELETER.format(path=path)
        if await self._writer.set_volume_phase(volume, "Failed", message):
            await self._tell(volume, "Warning", texts.VOLUME_FAILED_DELETE, message)

    async def _tell(self, about: Object, type: Literal["Normal", "Warning"], reason: str, message: str) -> None:
        await self._recorder.event(about, type, reason, message)


def _wishes(claim: Object) -> Iterable[str]:
    """What a claim waits for: the volume that it names, or any of its class."""
    named = claim["spec"].get("volumeName")
    yield f"volume {named}" if named else f"class {rules.class_of(claim)}"
    if not rules.is_bound(claim):
        yield "to be bound"


def _claim_of(volume: Object) -> Iterable[str]:
    key = rules.claim_key(volume)
    return (key,) if key else ()


def _reclaim_policy(volume: Object) -> str:
    return volume["spec"].get("persistentVolumeReclaimPolicy") or "Retain"
