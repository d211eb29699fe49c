"""The garbage collector.

An object is deleted once none of its owners exists any more; existing means: found under that name *with that uid*.
An owner that is deleted in the foreground stays until its blocking dependents are gone; one that is deleted with
policy Orphan first sets its dependents free. Every write carries the version it was decided on, so a decision that
was overtaken fails and is made again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import missing_ok
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.census import Census
from liqolab.kube.controllers.garbage.graph import FOREGROUND, ORPHAN, Graph, Node, same_place

WORKERS = 20

Policy = Literal["Foreground", "Background", "Orphan"]


@dataclass(slots=True)
class _Owners:
    """The owner references of one object, by what became of the owners."""

    living: Objects = field(default_factory=list)
    absent: Objects = field(default_factory=list)
    waiting: Objects = field(default_factory=list)


class GarbageCollector:
    def __init__(self, manager: Manager, census: Census) -> None:
        self._client = manager.client
        self._census = census
        self._graph = Graph()
        self._unresolved: set[str] = set()
        self._recorder = EventRecorder(manager.client, texts.GARBAGE_COLLECTOR)
        self._controller = manager.add(Controller(texts.GARBAGE_COLLECTOR, self._reconcile, workers=WORKERS))
        census.add_handler(self._observe)
        census.add_listener(self._resolve)

    def _observe(self, resource: Resource, change: Change, new: Object, old: Object | None) -> None:
        gone = change == "DELETED"
        for uid in self._graph.remove(meta.uid(new)) if gone else self._graph.put(Node(resource, new)):
            self._controller.queue.add(uid)

    def _resolve(self) -> None:
        """A new resource is known: owners of that kind can now be looked up."""
        for uid in self._unresolved:
            self._controller.queue.add(uid)
        self._unresolved.clear()

    async def _reconcile(self, uid: str) -> None:
        await self._census.complete()
        node = self._graph.get(uid)
        if node is None:
            return
        if node.deletes_dependents:
            await self._delete_dependents(node)
        elif node.orphans_dependents:
            await self._orphan_dependents(node)
        elif not meta.is_deleting(node.object):
            await self._judge(node)

    async def _delete_dependents(self, owner: Node) -> None:
        dependents = self._graph.dependents(owner.uid)
        blocking = [node for node in dependents if node.blocks(owner.uid)]
        if not blocking:
            await self._drop_finalizer(owner, FOREGROUND)
        for node in blocking:
            if not node.deletes_dependents:
                self._controller.queue.add(node.uid)

    async def _orphan_dependents(self, owner: Node) -> None:
        for node in self._graph.dependents(owner.uid):
            await self._write_owners(node, [entry for entry in node.owners if entry["uid"] != owner.uid])
        await self._drop_finalizer(owner, ORPHAN)

    async def _judge(self, node: Node) -> None:
        """Keep, trim or delete an object, by what became of its owners."""
        if not node.owners:
            return
        owners = await self._classify(node)
        if owners.living:
            if owners.absent or owners.waiting:
                await self._write_owners(node, owners.living)
            return
        if owners.waiting and (dependents := self._graph.dependents(node.uid)):
            if any(dependent.deletes_dependents for dependent in dependents):
                # A circle of owners that all wait would never end; this object stops holding up its own.
                await self._stop_blocking(node)
            await self._delete(node, "Foreground")
            return
        await self._delete(node, _policy(node))

    async def _classify(self, node: Node) -> _Owners:
        owners = _Owners()
        for entry in node.owners:
            known = self._graph.get(entry["uid"])
            if known is not None and same_place(known, node):
                (owners.waiting if known.deletes_dependents else owners.living).append(entry)
                continue
            if known is not None:
                await self._tell_wrong_namespace(node, entry)
            (owners.living if await self._exists(node, entry) else owners.absent).append(entry)
        return owners

    async def _exists(self, node: Node, entry: Object) -> bool:
        """Ask the server for an owner that the graph does not have. One of unknown kind gets the benefit of doubt."""
        resource = self._census.find(entry["apiVersion"], entry["kind"])
        namespace = meta.namespace(node.object)
        if resource is None:
            self._unresolved.add(node.uid)
            return True
        if resource.namespaced and not namespace:
            await self._tell_wrong_namespace(node, entry)
            return True
        owner = await self._client.find(resource, entry["name"], namespace if resource.namespaced else None)
        return owner is not None and meta.uid(owner) == entry["uid"]

    async def _tell_wrong_namespace(self, node: Node, entry: Object) -> None:
        namespace = meta.namespace(node.object)
        message = texts.OWNER_IN_OTHER_NAMESPACE_MESSAGE.format(namespace=namespace, **entry)
        await self._recorder.event(node.object, "Warning", texts.OWNER_IN_OTHER_NAMESPACE, message)

    async def _delete(self, node: Node, policy: Policy) -> None:
        await self._client.remove(
            node.resource,
            meta.name(node.object),
            meta.namespace(node.object) or None,
            propagation=policy,
            uid=node.uid,
            resource_version=meta.resource_version(node.object),
        )

    async def _write_owners(self, node: Node, owners: Objects) -> None:
        await self._patch(node, {"ownerReferences": owners or None})

    async def _stop_blocking(self, node: Node) -> None:
        await self._patch(node, {"ownerReferences": [{**entry, "blockOwnerDeletion": False} for entry in node.owners]})

    async def _drop_finalizer(self, node: Node, finalizer: str) -> None:
        left = [entry for entry in meta.finalizers(node.object) if entry != finalizer]
        await self._patch(node, {"finalizers": left or None})

    async def _patch(self, node: Node, metadata: Object) -> None:
        """Merge into the metadata of exactly the version that the graph knows."""
        precondition = {"uid": node.uid, "resourceVersion": meta.resource_version(node.object)}
        body = {"metadata": {**metadata, **precondition}}
        namespace = meta.namespace(node.object) or None
        with missing_ok:
            await self._client.patch(node.resource, meta.name(node.object), body, namespace)


def _policy(node: Node) -> Policy:
    """What the object's own finalizers ask for, else Background."""
    if meta.has_finalizer(node.object, ORPHAN):
        return "Orphan"
    return "Foreground" if meta.has_finalizer(node.object, FOREGROUND) else "Background"
