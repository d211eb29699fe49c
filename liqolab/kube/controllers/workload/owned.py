"""The pods that belong to an owner: found in the cache, adopted when they are nobody's, released when they leave.

A pod belongs to the owner named by its controlling ownerReference. A pod without one that matches an owner's selector
is adopted; an owned pod whose labels stop matching is released and lives on alone, which is how people take a broken
replica out for a closer look. Pods of another controller are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.errors import missing_ok
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.client import Client
from liqolab.controller.informer import Change, Informer
from liqolab.kube.controllers.workload.expectations import Expectations

SelectorOf = Callable[[Object], LabelSelector]

_BY_CONTROLLER = "controller uid"
_ORPHANS = "orphans of namespace and label"


def label_selector(owner: Object) -> LabelSelector:
    """The selector of a kind that has a metav1.LabelSelector in ``spec.selector``."""
    return LabelSelector.from_object(owner["spec"].get("selector"))


class Dependents:
    """Objects of one resource (pods, replica sets) and their owners of one kind."""

    def __init__(
        self,
        client: Client,
        owners: Informer,
        dependents: Informer,
        selector_of: SelectorOf = label_selector,
    ) -> None:
        self._client = client
        self._owners = owners
        self._dependents = dependents
        self._selector_of = selector_of
        self.expectations = Expectations()
        dependents.add_indexer(_BY_CONTROLLER, _controller_uid)
        dependents.add_indexer(_ORPHANS, _orphan_labels)
        dependents.add_handler(self._observe)
        owners.add_handler(self._forget)

    def owner_keys(self, dependent: Object) -> Iterable[str]:
        """Keys of the owners to look at when `dependent` changed: its controller, or all that might adopt it."""
        namespace = meta.namespace(dependent)
        reference = meta.controller_of(dependent)
        if reference is not None:
            if reference["kind"] == self._owners.resource.kind:
                yield f"{namespace}/{reference['name']}"
            return
        labels = meta.labels(dependent)
        for owner in self._owners.list(namespace):
            if self._selector_of(owner).matches(labels):
                yield f"{namespace}/{meta.name(owner)}"

    def owned(self, owner: Object) -> Objects:
        """Dependents that name `owner` as their controller, whether or not they match its selector."""
        return self._dependents.by_index(_BY_CONTROLLER, meta.uid(owner))

    async def claim(self, owner: Object, among: Objects | None = None) -> Objects:
        """The dependents of `owner`, after adopting and releasing what changed sides.

        Args:
            owner: the owner.
            among: those of its own that changed, for whoever remembers the others; None: all.

        Raises:
            ApiError: an adoption or a release failed.
        """
        selector = self._selector_of(owner)
        going = meta.is_deleting(owner)
        claimed = []
        for dependent in self.owned(owner) if among is None else among:
            if going or selector.matches(meta.labels(dependent)):
                claimed.append(dependent)
            else:
                await self._release(dependent, owner)
        if not going:
            for orphan in self._orphans(owner, selector):
                if selector.matches(meta.labels(orphan)) and not meta.is_deleting(orphan):
                    claimed.extend(await self._adopt(orphan, owner))
        return claimed

    def _orphans(self, owner: Object, selector: LabelSelector) -> Objects:
        """Nobody's dependents that `selector` may select: few, where a label says which, among however many."""
        label = next((f"{row.key}={value}" for row in selector.requirements if (value := row.exactly) is not None), "")
        return self._dependents.by_index(_ORPHANS, f"{meta.namespace(owner)}/{label}")

    async def _adopt(self, orphan: Object, owner: Object) -> Objects:
        live = await self._client.get(self._owners.resource, meta.name(owner), meta.namespace(owner))
        if meta.uid(live) != meta.uid(owner) or meta.is_deleting(live):
            return []
        references = [*orphan["metadata"].get("ownerReferences", []), meta.owner_reference(owner)]
        return await self._patch_owners(orphan, references)

    async def _release(self, dependent: Object, owner: Object) -> None:
        references = dependent["metadata"].get("ownerReferences", [])
        await self._patch_owners(dependent, [entry for entry in references if entry["uid"] != meta.uid(owner)])

    async def _patch_owners(self, dependent: Object, references: Objects) -> Objects:
        """Write the owner references of exactly this version of the object; [] when it is gone."""
        metadata = {
            "uid": meta.uid(dependent),
            "resourceVersion": dependent["metadata"]["resourceVersion"],
            "ownerReferences": references or None,
        }
        resource: Resource = self._dependents.resource
        name, namespace = meta.name(dependent), meta.namespace(dependent)
        with missing_ok:
            return [await self._client.patch(resource, name, {"metadata": metadata}, namespace)]
        return []

    def _observe(self, change: Change, new: Object, old: Object | None) -> None:
        """Fulfil expectations: the informer has shown a creation or a deletion."""
        reference = meta.controller_of(new)
        if reference is None or reference["kind"] != self._owners.resource.kind:
            return
        owner = f"{meta.namespace(new)}/{reference['name']}"
        if change == "ADDED":
            self.expectations.creation_observed(owner)
        if change == "DELETED" or meta.is_deleting(new):
            self.expectations.deletion_observed(owner, meta.uid(new))

    def _forget(self, change: Change, new: Object, old: Object | None) -> None:
        if change == "DELETED":
            self.expectations.forget(f"{meta.namespace(new)}/{meta.name(new)}")


def _controller_uid(item: Object) -> Iterable[str]:
    reference = meta.controller_of(item)
    return () if reference is None else (reference["uid"],)


def _orphan_labels(item: Object) -> Iterable[str]:
    """Where nobody's object is found: by its namespace, and by each of its labels there."""
    if meta.controller_of(item) is None:
        space = meta.namespace(item)
        yield f"{space}/"
        for key, value in meta.labels(item).items():
            yield f"{space}/{key}={value}"
