"""The graph of ownership: every object by uid, and the objects that name it as an owner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Resource

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


@dataclass(frozen=True, slots=True)
class Node:
    """An object in the graph, as last seen."""

    resource: Resource
    object: Object

    @property
    def uid(self) -> str:
        return meta.uid(self.object)

    @property
    def owners(self) -> list[Object]:
        """Its owner references."""
        return meta.owner_references(self.object)

    @property
    def deletes_dependents(self) -> bool:
        """Whether it waits, in the foreground, for its dependents to be deleted."""
        return meta.is_deleting(self.object) and meta.has_finalizer(self.object, FOREGROUND)

    @property
    def orphans_dependents(self) -> bool:
        """Whether it waits for its dependents to be set free."""
        return meta.is_deleting(self.object) and meta.has_finalizer(self.object, ORPHAN)

    def blocks(self, owner_uid: str) -> bool:
        """Whether that owner, deleted in the foreground, has to wait for this object."""
        return any(entry["uid"] == owner_uid and entry.get("blockOwnerDeletion") for entry in self.owners)


class Graph:
    """Updated by `put` and `remove`, each of which answers whose situation changed by it."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._dependents: dict[str, set[str]] = {}

    def get(self, uid: str) -> Node | None:
        return self._nodes.get(uid)

    def dependents(self, uid: str) -> list[Node]:
        return [self._nodes[dependent] for dependent in self._dependents.get(uid, ()) if dependent in self._nodes]

    def put(self, node: Node) -> Iterable[str]:
        """Take in an object; yields uids that need a look: its own, or those of owners it no longer holds up."""
        before = self._nodes.get(node.uid)
        self._nodes[node.uid] = node
        was = {entry["uid"] for entry in before.owners} if before else set()
        owners = {entry["uid"] for entry in node.owners}
        for uid in was - owners:
            self._unlink(uid, node.uid)
        for uid in owners:
            self._dependents.setdefault(uid, set()).add(node.uid)
        affected = {uid for uid in was | owners if (owner := self._nodes.get(uid)) and owner.deletes_dependents}
        if node.deletes_dependents or node.orphans_dependents or self._is_suspect(node):
            affected.add(node.uid)
        return affected

    def remove(self, uid: str) -> Iterable[str]:
        """Take out an object; yields its dependents, and owners that may have waited for it."""
        node = self._nodes.pop(uid, None)
        if node is None:
            return ()
        affected = set(self._dependents.get(uid, ()))
        for entry in node.owners:
            self._unlink(entry["uid"], uid)
            owner = self._nodes.get(entry["uid"])
            if owner is not None and owner.deletes_dependents:
                affected.add(owner.uid)
        return affected

    def _unlink(self, owner: str, dependent: str) -> None:
        known = self._dependents.get(owner)
        if known is not None:
            known.discard(dependent)
            if not known:
                del self._dependents[owner]

    def _is_suspect(self, node: Node) -> bool:
        """Whether some owner is unknown, leaving, or out of reach in another namespace."""
        return any(
            (owner := self._nodes.get(entry["uid"])) is None or owner.deletes_dependents or not same_place(owner, node)
            for entry in node.owners
        )


def same_place(owner: Node, dependent: Node) -> bool:
    """Whether `owner` may own `dependent`: it is cluster-scoped, or lives in the same namespace."""
    return not owner.resource.namespaced or meta.namespace(owner.object) == meta.namespace(dependent.object)
