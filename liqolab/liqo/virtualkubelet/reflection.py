"""The reflection of one accepted namespace: copies of its objects on the provider, and the remote half of its pods.

Every kind is one small controller over two informers, local and remote. What an object should look like over there,
and which part of a remote object is ours to compare with that, is the business of `kinds`; the rules here are the
same for all: make it, change it back, make it again, delete it with its origin, and never touch what is not labelled
as ours.

The identity may only look into the one remote namespace, so every remote informer is confined to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.patches import diff_merge
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Controller
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.resources import SHADOW_PODS
from liqolab.liqo.offloading.terminating import namespace_is_terminating
from liqolab.liqo.virtualkubelet.events import EventMirror
from liqolab.liqo.virtualkubelet.kinds import Kind
from liqolab.liqo.virtualkubelet.pair import Pair


class Reflecting(Protocol):
    """What reflects one kind in one namespace."""

    async def run(self) -> None:
        """Reflect until cancelled."""
        ...

    def recheck(self) -> None:
        """Look at every object again: how addresses translate has changed."""
        ...


class NamespaceReflection:
    """Everything between `local` and `remote`.

    Attributes:
        local, remote: the two namespaces.
        shadows, pods: the provider's ShadowPods of ours and their pods.
    """

    def __init__(
        self,
        clients: tuple[Client, Client],
        pair: Pair,
        namespaces: tuple[str, str],
        reflectors: Iterable[Reflecting],
        local_pods: Informer,
        pods_changed: Callable[[str], None],
    ) -> None:
        """`clients` and `namespaces` are (local, remote), `reflectors` are of these, `local_pods` those of the virtual
        node; `pods_changed` gets the local key of a pod whose remote half changed, and the namespace with a trailing
        slash once all of them are known.
        """
        self.local, self.remote = namespaces
        self._pair = pair
        self._pods_changed = pods_changed
        self.shadows = Informer(clients[1], SHADOW_PODS, self.remote, labels=pair.selector)
        self.pods = Informer(clients[1], PODS, self.remote, labels=pair.selector)
        for informer in (self.shadows, self.pods):
            informer.add_handler(lambda _, new, __: pods_changed(f"{self.local}/{meta.name(new)}"))
        self._mirror = EventMirror(clients, self.remote, pair, lambda name: local_pods.get(name, self.local), self.pods)
        self._reflectors = list(reflectors)

    @property
    def synced(self) -> bool:
        """Whether the remote half of the pods is known."""
        return self.shadows.has_synced and self.pods.has_synced

    async def run(self) -> None:
        """Reflect until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.shadows.run())
            group.create_task(self.pods.run())
            group.create_task(self._mirror.run())
            for reflector in self._reflectors:
                group.create_task(reflector.run())
            await self.shadows.synced()
            await self.pods.synced()
            self._pods_changed(f"{self.local}/")

    def recheck(self) -> None:
        """Look at every object again: how addresses translate has changed."""
        for reflector in self._reflectors:
            reflector.recheck()


class Reflector:
    """One kind in one namespace. Keyed by the name of the remote object."""

    def __init__(self, clients: tuple[Client, Client], pair: Pair, namespaces: tuple[str, str], kind: Kind) -> None:
        self._remote_client = clients[1]
        self._pair = pair
        self._namespace = namespaces[1]
        self._kind = kind
        component = texts.EVENT_SOURCE.format(kind=kind.resource.kind.lower())
        self._events = EventRecorder(clients[0], component)
        self._local = Informer(clients[0], kind.resource, namespaces[0], indexers={"remote": self._remote_names})
        ours = ",".join(filter(None, (pair.selector, kind.remote_selector)))
        self._remote = Informer(clients[1], kind.resource, namespaces[1], labels=ours)
        self._controller = Controller(f"{kind.resource.plural}-reflection", self.reconcile)
        self._controller.watches(self._local, self._remote_names)
        self._controller.watches(self._remote, lambda item: (meta.name(item),))

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._local.run())
            group.create_task(self._remote.run())
            await self._local.synced()
            await self._remote.synced()
            group.create_task(self._controller.run())

    def recheck(self) -> None:
        for item in self._local.list():
            for name in self._remote_names(item):
                self._controller.queue.add(name)

    async def reconcile(self, name: str) -> None:
        local = next(iter(self._local.by_index("remote", name)), None)
        remote = self._remote.get(name, self._namespace)
        if local is None or meta.is_deleting(local):
            if remote is not None and not meta.is_deleting(remote):
                await self._delete(name, remote)
            return
        wanted = self._kind.forge(local)
        if wanted is None:
            return
        try:
            await self._write(name, wanted, remote, local)
        except ApiError as error:
            if not namespace_is_terminating(error):
                message = texts.EVENT_REFLECTION_FAILED[1].format(cluster=self._pair.foreign_name, error=error.message)
                await self._events.event(local, "Warning", texts.EVENT_REFLECTION_FAILED[0], message)
            raise

    def _remote_names(self, local: Object) -> Iterable[str]:
        skipped = names.ANNOTATION_SKIP_REFLECTION in meta.annotations(local)
        return () if skipped or not self._kind.reflects(local) else (self._kind.rename(meta.name(local)),)

    async def _write(self, name: str, wanted: Object, remote: Object | None, local: Object) -> None:
        resource = self._kind.resource
        wanted = self._labelled(local, wanted)
        if remote is None:
            created = {
                "apiVersion": resource.api_version,
                "kind": resource.kind,
                **wanted,
                "metadata": {"name": name, "namespace": self._namespace, **wanted["metadata"]},
            }
            await create_ours(self._remote_client, resource, created, self._pair)
        else:
            patch = diff_merge(self._ours(remote, wanted), wanted)
            if not patch:
                return
            await self._remote_client.patch(
                resource, name, patch, self._namespace, field_manager=names.REFLECTION_FIELD_MANAGER
            )
        reason, message = texts.EVENT_REFLECTED
        await self._events.event(local, "Normal", reason, message.format(cluster=self._pair.foreign_name))

    def _labelled(self, local: Object, wanted: Object) -> Object:
        """`wanted` with its metadata: what the kind says, on top of the local labels and annotations."""
        own = wanted.get("metadata") or {}
        labels = meta.labels(local) | self._pair.labels | (own.get("labels") or {})
        annotations = {
            key: value for key, value in meta.annotations(local).items() if key not in self._kind.dropped_annotations
        }
        return wanted | {"metadata": {"labels": labels, "annotations": annotations}}

    def _ours(self, remote: Object, wanted: Object) -> Object:
        """The part of a remote object that a forged one is compared with. Labels are all ours; annotations are where
        the provider's controllers keep notes, so only those that are wanted count.
        """
        kept = meta.annotations(remote)
        annotations = {key: kept[key] for key in wanted["metadata"]["annotations"] if key in kept}
        return {**self._kind.view(remote), "metadata": {"labels": meta.labels(remote), "annotations": annotations}}

    async def _delete(self, name: str, remote: Object) -> None:
        await self._remote_client.remove(self._kind.resource, name, self._namespace, uid=meta.uid(remote))


async def create_ours(client: Client, resource: Resource, body: Object, pair: Pair) -> None:
    """Create a reflected object on the provider; one that is there already will do if it is ours.

    Raises:
        ApiError: it is somebody else's, or the provider refuses.
    """
    namespace = meta.namespace(body)
    try:
        await client.create(resource, body, namespace)
    except ApiError as error:
        if not error.already_exists:
            raise
        if not pair.owns(await client.get(resource, meta.name(body), namespace)):
            error.status["message"] = texts.REMOTE_ALREADY_EXISTS
            raise
