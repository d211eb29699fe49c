"""The provisioner of kind's class ``standard``: a folder of a node for every claim that is about to be used there.

It stands for the program ``local-path-provisioner`` and does what that does to the objects (release 0.0.24): it takes
claims that ask for it once the scheduler has named a node, and deletes volumes that were released.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, STORAGE_CLASSES
from liqolab.apimachinery.errors import existing_ok
from liqolab.apimachinery.resources import Object
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.kinds import volumes as rules

_ROOT = "/var/local-path-provisioner"
_CHOSEN_NODE = "local.path.provisioner/selected-node"
_MODES = frozenset(("ReadWriteOnce", "ReadWriteOncePod"))
_HOSTNAME = "kubernetes.io/hostname"


class LocalPathProvisioner:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, rules.LOCAL_PATH)
        self._claims = manager.informer(PERSISTENT_VOLUME_CLAIMS)
        self._volumes = manager.informer(PERSISTENT_VOLUMES)
        self._classes = manager.informer(STORAGE_CLASSES)
        manager.add(Controller("local-path-provisioner", self._provision).watches(self._claims))
        manager.add(Controller("local-path-provisioner (volumes)", self._delete).watches(self._volumes))

    async def _provision(self, key: str) -> None:
        claim = self._claims.by_key(key)
        if claim is None or claim["spec"].get("volumeName") or meta.is_deleting(claim):
            return
        annotations = meta.annotations(claim)
        storage_class = self._classes.get(rules.class_of(claim))
        if storage_class is None or rules.LOCAL_PATH not in map(annotations.get, rules.PROVISIONERS):
            return
        name = f"pvc-{meta.uid(claim)}"
        if self._volumes.get(name) is not None:
            return
        node, why = annotations.get(rules.SELECTED_NODE, ""), ""
        if not node:
            why = texts.LOCAL_PATH_NO_NODE
        elif not _MODES.issuperset(claim["spec"].get("accessModes") or ()):
            why = texts.LOCAL_PATH_ACCESS_MODES
        if why:
            message = texts.PROVISIONING_FAILED_MESSAGE.format(name=meta.name(storage_class), why=why)
            await self._recorder.event(claim, "Warning", texts.PROVISIONING_FAILED, message)
            return
        message = texts.PROVISIONING_MESSAGE.format(claim=key)
        await self._recorder.event(claim, "Normal", texts.PROVISIONING, message)
        with existing_ok:
            await self._client.create(PERSISTENT_VOLUMES, _volume(name, claim, storage_class, node))
        message = texts.PROVISIONED_MESSAGE.format(volume=name)
        await self._recorder.event(claim, "Normal", texts.PROVISIONING_SUCCEEDED, message)

    async def _delete(self, key: str) -> None:
        volume = self._volumes.by_key(key)
        if volume is None or meta.is_deleting(volume):
            return
        is_ours = meta.annotations(volume).get(rules.PROVISIONED_BY) == rules.LOCAL_PATH
        is_left = meta.get_path(volume, "status", "phase") == "Released"
        if is_ours and is_left and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
            await self._client.remove(PERSISTENT_VOLUMES, key, uid=meta.uid(volume))


def _volume(name: str, claim: Object, storage_class: Object, node: str) -> Object:
    term = {"matchExpressions": [{"key": _HOSTNAME, "operator": "In", "values": [node]}]}
    path = f"{_ROOT}/{name}_{meta.namespace(claim)}_{meta.name(claim)}"
    return PERSISTENT_VOLUMES.manifest(
        name,
        annotations={_CHOSEN_NODE: node, rules.PROVISIONED_BY: rules.LOCAL_PATH},
        spec={
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "claimRef": rules.claim_reference(claim),
            "hostPath": {"path": path, "type": "DirectoryOrCreate"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy") or "Delete",
            "storageClassName": meta.name(storage_class),
            "volumeMode": claim["spec"].get("volumeMode") or "Filesystem",
        },
    )
