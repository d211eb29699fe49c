"""A claim that a pod uses, a volume that is bound, and the attributes class of either stay until they are let go,
whoever deletes them.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import (
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    VOLUME_ATTRIBUTES_CLASSES,
)
from liqolab.apimachinery.errors import missing_ok
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.kinds.strategies.storage import ATTRIBUTES_FINALIZER
from liqolab.kube.kinds.strategies.volumes import CLAIM_FINALIZER, VOLUME_FINALIZER
from liqolab.kube.kinds.volumes import claim_names

_BY_CLAIM = "claim"


class ClaimProtection:
    """Lets deleted claims go that no pod on a node mentions, finished or not."""

    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._claims = manager.informer(PERSISTENT_VOLUME_CLAIMS)
        self._pods = manager.informer(PODS)
        self._pods.add_indexer(_BY_CLAIM, claims_of)
        controller = Controller("persistentvolumeclaim-protection-controller", self._reconcile)
        manager.add(controller.watches(self._claims).watches(self._pods, claims_of))

    async def _reconcile(self, key: str) -> None:
        claim = self._claims.by_key(key)
        if claim is None or not await _is_leaving(self._client, PERSISTENT_VOLUME_CLAIMS, claim, CLAIM_FINALIZER):
            return
        if not any(_uses(pod, meta.name(claim)) for pod in self._pods.by_index(_BY_CLAIM, key)):
            await _release(self._client, PERSISTENT_VOLUME_CLAIMS, claim, CLAIM_FINALIZER)


class VolumeProtection:
    """Lets deleted volumes go that are not bound."""

    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._volumes = manager.informer(PERSISTENT_VOLUMES)
        manager.add(Controller("persistentvolume-protection-controller", self._reconcile).watches(self._volumes))

    async def _reconcile(self, key: str) -> None:
        volume = self._volumes.by_key(key)
        if volume is None or not await _is_leaving(self._client, PERSISTENT_VOLUMES, volume, VOLUME_FINALIZER):
            return
        if meta.get_path(volume, "status", "phase") != "Bound":
            await _release(self._client, PERSISTENT_VOLUMES, volume, VOLUME_FINALIZER)


class AttributesClassProtection:
    """Lets deleted classes of volume attributes go that no claim and no volume names."""

    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._classes = manager.informer(VOLUME_ATTRIBUTES_CLASSES)
        self._users = [manager.informer(resource) for resource in (PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES)]
        controller = Controller("volumeattributesclass-protection-controller", self._reconcile)
        controller.watches(self._classes)
        for users in self._users:
            controller.watches(users, _attributes_classes_of)
        manager.add(controller)

    async def _reconcile(self, name: str) -> None:
        found = self._classes.get(name)
        if found is None or not meta.is_deleting(found) or not meta.has_finalizer(found, ATTRIBUTES_FINALIZER):
            return
        if not any(name in _attributes_classes_of(item) for users in self._users for item in users.list()):
            await _release(self._client, VOLUME_ATTRIBUTES_CLASSES, found, ATTRIBUTES_FINALIZER)


def _attributes_classes_of(item: Object) -> list[str]:
    """The names of the classes that a claim or a volume has, or had until now."""
    named = meta.get_path(item, "spec", "volumeAttributesClassName")
    current = meta.get_path(item, "status", "currentVolumeAttributesClassName")
    return [name for name in (named, current) if name]


def claims_of(pod: Object) -> Iterable[str]:
    """Keys of the claims that a pod mentions."""
    return (f"{meta.namespace(pod)}/{name}" for name in claim_names(pod))


def _uses(pod: Object, claim: str) -> bool:
    """Whether a pod on a node holds a claim; one that was made for a pod goes as soon as that has ended."""
    named = (volume.get("persistentVolumeClaim") or {} for volume in pod["spec"].get("volumes") or ())
    mentioned = any(source.get("claimName") == claim for source in named)
    return bool(pod["spec"].get("nodeName")) and (mentioned or not meta.pod_is_terminal(pod))


async def _is_leaving(client: Client, resource: Resource, item: Object, finalizer: str) -> bool:
    """Whether an object has been deleted, and our finalizer holds it. One that is to stay gets that back, should
    somebody have taken it.
    """
    held = meta.has_finalizer(item, finalizer)
    if not held and not meta.is_deleting(item):
        with missing_ok:
            await client.update(resource, meta.with_finalizer(item, finalizer))
    return held and meta.is_deleting(item)


async def _release(client: Client, resource: Resource, item: Object, finalizer: str) -> None:
    with missing_ok:
        await client.update(resource, meta.without_finalizer(item, finalizer))
