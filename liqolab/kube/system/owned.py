"""An object that belongs to the system, and how it is kept as it has to be.

Each says for itself what a present object still lacks: some are only ever created, of some the system owns certain
fields, and some an administrator may have taken for himself.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import existing_ok
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.kube.store.store import Store

Mend = Callable[[Object, Object], Object | None]
"""(the present object, the wanted one) → what the present one is to become; None when nothing is missing."""


def as_it_is(present: Object, wanted: Object) -> None:
    """The `Mend` of what is created where it is missing, and left alone where it is not."""


@dataclass(frozen=True, slots=True)
class Owned:
    """One object of the system.

    Attributes:
        resource: its kind.
        wanted: the object as it is created.
        mend: what becomes of one that is there already.
        counted: whether the kind counts generations.
    """

    resource: Resource
    wanted: Object
    mend: Mend = as_it_is
    counted: bool = False

    @property
    def key(self) -> tuple[Resource, str, str]:
        """Kind, namespace (empty for cluster scope) and name."""
        return self.resource, meta.namespace(self.wanted), meta.name(self.wanted)


def write(store: Store, owned: Owned) -> bool:
    """Store the object as it is, where it is missing; whether it was.

    A new cluster has a hundred of them, which nobody has to be asked about: they are complete, they are valid, and
    there is no admission that could change them yet.
    """
    resource, namespace, name = owned.key
    collection = resource.group_resource
    if store.get(collection, namespace, name) is not None:
        return False
    wanted = meta.deep_copy(owned.wanted)
    identity: Object = {"uid": str(uuid.uuid4()), "creationTimestamp": timestamps.now()}
    if owned.counted:
        identity["generation"] = 1
    store.create(collection, (namespace, name), {**wanted, "metadata": {**wanted["metadata"], **identity}})
    return True


async def ensure(client: Client, owned: Owned) -> None:
    """Create the object where it is missing, and mend it where it is not.

    Raises:
        ApiError: the server refused; a conflict means that somebody else has changed it meanwhile.
    """
    resource, namespace, name = owned.key
    present = await client.find(resource, name, namespace or None)
    if present is None:
        with existing_ok:
            await client.create(resource, owned.wanted, namespace or None)
        return
    mended = owned.mend(present, owned.wanted)
    if mended is not None:
        await client.update(resource, mended)


def with_fields(*keys: str) -> Mend:
    """A `Mend` that restores these fields (dotted are not known: whole ones of the top level), and labels."""

    def mend(present: Object, wanted: Object) -> Object | None:
        fields = {key: wanted[key] for key in keys if present.get(key) != wanted[key]}
        metadata = with_entries(present["metadata"], wanted["metadata"], "labels")
        return {**present, **fields, "metadata": metadata} if fields or metadata is not present["metadata"] else None

    return mend


def with_entries(present: Object, wanted: Object, *fields: str) -> Object:
    """Metadata with all entries that `wanted` has in these maps: the same object when none is missing. A value that
    differs is somebody's decision, and stays.
    """
    lacking: dict[str, Mapping[str, str]] = {}
    for field in fields:
        held = present.get(field) or {}
        merged = {**(wanted.get(field) or {}), **held}
        if merged != held:
            lacking[field] = merged
    return {**present, **lacking} if lacking else present
