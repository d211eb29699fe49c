"""The units the store deals in: a version of an object, and the step from one version to the next.

A version is encoded once, when it is written. Those bytes go to disk, into every GET, list and watch; the parsed form
is made from them on demand and dropped when a newer version arrives, because a parsed object takes five times the room
of its bytes and the past is only ever read by a client that resumes a watch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import orjson

from liqolab.apimachinery.resources import Object

Key = tuple[str, str]
"""(namespace, name); the namespace is empty for cluster-scoped objects. Sorts as lists are ordered."""


class Record:
    """One version of an object: immutable."""

    __slots__ = ("_object", "encoded", "key", "revision")

    def __init__(self, key: Key, revision: int, encoded: bytes, obj: Object | None = None) -> None:
        self.key = key
        self.revision = revision
        self.encoded = encoded
        self._object = obj

    @property
    def object(self) -> Object:
        """The parsed form, shared between all readers: frozen."""
        if self._object is None:
            self._object = orjson.loads(self.encoded)
        return self._object

    def copy(self) -> Object:
        """A parsed form of one's own, to be changed at will."""
        parsed: Object = orjson.loads(self.encoded)
        return parsed

    def forget_object(self) -> None:
        """Keep only the bytes; readers that hold the parsed form keep theirs."""
        self._object = None


_METADATA_ORDER: Final = (
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "managedFields",
)
"""The order of fields in ``ObjectMeta``, so that what people see in JSON reads like any cluster's."""


def in_order(obj: Object) -> Object:
    """`obj` with kind and apiVersion in front, so that every encoded object of a kind starts with the same bytes, and
    with its metadata in the usual order.
    """
    given: Object = obj["metadata"]
    metadata: Object = {field: given[field] for field in _METADATA_ORDER if field in given}
    if len(metadata) < len(given):
        metadata.update(given)
    front: Object = {"kind": obj.get("kind", ""), "apiVersion": obj.get("apiVersion", ""), "metadata": metadata}
    for field, value in obj.items():
        front.setdefault(field, value)
    return front


ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


@dataclass(frozen=True, slots=True)
class Change:
    """One committed write.

    Attributes:
        collection: whose objects these are (see `Store`).
        type: what happened.
        record: the state after the write; for a deletion the last state, carrying the deletion's revision.
        previous: the state before; None for an ADDED.
    """

    collection: str
    type: ChangeType
    record: Record
    previous: Record | None

    @property
    def revision(self) -> int:
        """The revision of the write."""
        return self.record.revision

    def forget_objects(self) -> None:
        """Keep only the bytes of states that are past."""
        if self.previous is not None:
            self.previous.forget_object()
        if self.type == "DELETED":
            self.record.forget_object()
