"""How objects of a kind lie in the store, and how they come out in the version that a request asks for.

Nearly always the two are the same and the stored bytes go out as they are. They differ when one version of a kind is
stored as another (events.k8s.io over core events), for custom resources with several versions, which differ in
``apiVersion`` only (conversion strategy None), and for custom resources that are older than their schema.
"""

from __future__ import annotations

from typing import Final

import orjson

from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds import schemas
from liqolab.kube.kinds.spec import KindSpec
from liqolab.kube.store.record import Key, Record, in_order


def _prefix(api_version: str, kind: str) -> bytes:
    return orjson.dumps({"kind": kind, "apiVersion": api_version})[:-1] + b","


class Storage:
    """The way between the store and one version of one kind."""

    def __init__(self, spec: KindSpec) -> None:
        home: Resource = spec.storage or spec.resource
        self.spec = spec
        self.collection = home.group_resource
        self._converts = spec.from_storage is not None
        self._served = _prefix(spec.resource.api_version, spec.resource.kind)
        self._served_names = {"kind": spec.resource.kind, "apiVersion": spec.resource.api_version}
        self._settled = spec.settled
        self._mixed = spec.custom and spec.conversion is None
        self.asks = spec.conversion is not None and spec.storage is not None
        """Whether a webhook is asked on the way into the store."""
        self._read: dict[Key, tuple[int, Record | None]] = {}
        """Old objects as they are read today, with the revision that this was worked out for; None: as they are."""

    def current(self, record: Record) -> Record:
        """A record as the schema of today has it: without the fields that it has lost, with the defaults that it has
        gained. Nearly always the record itself.
        """
        other = self._is_of_another_version(record)
        if record.revision > self._settled and self.spec.conversion is None and not other:
            return record
        revision, found = self._read.get(record.key, (-1, None))
        if revision != record.revision and record.revision > self._settled and not other:
            return record
        if revision != record.revision:
            found = self._brought_up(record)
            self._read[record.key] = (record.revision, found)
        return record if found is None else found

    def _is_of_another_version(self, record: Record) -> bool:
        """Whether a custom object was stored as another version, whose schema may have other fields."""
        return self._mixed and not record.encoded.startswith(self._served)

    def knows(self, record: Record) -> bool:
        """Whether it has been told how this record reads in its version."""
        return self._read.get(record.key, (-1, None))[0] == record.revision

    def remember(self, record: Record, obj: Object) -> None:
        """Keep how a record reads in the served version, where a webhook converts."""
        schemas.drop_unknown(self.spec, obj)
        schemas.apply_defaults(self.spec, obj)
        obj["metadata"] = {**obj["metadata"], "resourceVersion": record.object["metadata"].get("resourceVersion")}
        served = Record(record.key, record.revision, orjson.dumps(in_order(obj)), obj)
        self._read[record.key] = (record.revision, served)

    def _brought_up(self, record: Record) -> Record | None:
        obj = record.copy()
        schemas.drop_unknown(self.spec, obj)
        if self.spec.home is None:
            schemas.apply_defaults(self.spec, obj)
        else:
            # What is read is an object of the version that is stored: that one's defaults count.
            self.spec.home.default(obj)
            schemas.drop_unknown(self.spec, obj)
        if obj == record.object:
            return None
        return Record(record.key, record.revision, orjson.dumps(in_order(obj)), obj)

    def object(self, record: Record) -> Object:
        """The object in the served version: frozen."""
        stored = self.current(record).object
        if self.spec.from_storage is not None:
            return self.spec.from_storage(stored)
        if stored.get("apiVersion") == self._served_names["apiVersion"]:
            return stored
        return {**stored, **self._served_names}

    def copy(self, record: Record) -> Object:
        """The object in the served version, to be changed at will."""
        copied = self.current(record).copy()
        if self.spec.from_storage is not None:
            return self.spec.from_storage(copied)
        copied.update(self._served_names)
        return copied

    def stored(self, obj: Object) -> Object:
        """An object of the served version as it is stored. `obj` belongs to the store from here on."""
        if self.spec.to_storage is not None:
            return self.spec.to_storage(obj)
        if self.spec.storage is not None:
            if self.spec.home is not None:
                self.spec.home.prune(obj)
            return {**obj, "apiVersion": self.spec.storage.api_version, "kind": self.spec.storage.kind}
        return obj

    def encode(self, record: Record) -> bytes:
        """The object in the served version as JSON."""
        if record.revision <= self._settled or self.spec.conversion is not None or self._mixed:
            record = self.current(record)
        if not self._converts:
            if record.encoded.startswith(self._served):
                return record.encoded
            return orjson.dumps(in_order({**record.object, **self._served_names}))
        return orjson.dumps(in_order(self.object(record)))

    def encode_item(self, record: Record) -> bytes:
        """The object as an item of a list: built-in kinds leave out what the list's own kind says already."""
        encoded = self.encode(record)
        return encoded if self.spec.custom else b"{" + encoded[len(self._served) :]


_STORAGES: dict[int, Storage] = {}


def storage_of(spec: KindSpec) -> Storage:
    """The `Storage` of a kind, made once.

    The table goes by identity; an entry keeps its spec alive, so an id is never used for another.
    """
    found = _STORAGES.get(id(spec))
    if found is None:
        found = _STORAGES[id(spec)] = Storage(spec)
    return found


def unsaved(key: Key, stored: Object) -> Record:
    """What a dry run answers: the object as it would be, without a revision."""
    if not stored["metadata"].get("resourceVersion"):
        stored["metadata"].pop("resourceVersion", None)
    return Record(key, 0, orjson.dumps(in_order(stored)))


_PREFIXES: Final = {
    "services": "services/specs",
    "endpoints": "services/endpoints",
    "nodes": "minions",
    "ingresses": "ingress",
    "replicationcontrollers": "controllers",
}
"""Resource → where a real server keeps it, which its errors tell, where that is not its name."""


def storage_error(spec: KindSpec, record: Record, wanted: str) -> str:
    """What the storage of a real server says of an object that has another uid than the one insisted on."""
    resource = spec.resource
    place = f"{resource.group}/{resource.plural}" if spec.custom else _PREFIXES.get(resource.plural, resource.plural)
    key = "/".join(part for part in ("/registry", place, *record.key) if part)
    own = record.object["metadata"].get("uid", "")
    return (
        f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, "
        f"AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in object meta: {own}"
    )
