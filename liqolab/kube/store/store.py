"""Objects, one revision counter, and everybody who wants to hear of changes.

The store is a dictionary with a file under it. A write goes to the file first and only then into memory and out to the
subscriptions, so whoever sees a change can rely on it after a crash, and a disk that refuses a write changes nothing.
All of it happens within one call and without waiting: writers in one event loop need no locks, and compare-and-set
only has to look at what changed while a request was waiting elsewhere (for a webhook).

A collection is named by the ``group_resource`` of the resource that its objects are stored as (``pods``,
``deployments.apps``); every version of a kind shares one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Container, Iterator
from pathlib import Path

import orjson

from liqolab.apimachinery.resources import Object
from liqolab.kube.store.database import Database
from liqolab.kube.store.errors import CorruptError, ExistsError, GoneError, StaleError
from liqolab.kube.store.record import Change, Key, Record, in_order
from liqolab.kube.store.subscription import Subscription
from liqolab.kube.store.window import WINDOW_CHANGES, Window

Records = list[Record]
Changes = list[Change]


class _Collection:
    """The current objects of one collection, with their keys in list order.

    The order is worked out by the first list, and kept from then on: to sort all again at each list, of one namespace
    even, made a growing collection cost the square of its size.
    """

    __slots__ = ("_ordered", "changed", "records")

    def __init__(self) -> None:
        self.records: dict[Key, Record] = {}
        self.changed = 0
        self._ordered: list[Key] | None = None

    def put(self, record: Record) -> None:
        if self._ordered is not None and record.key not in self.records:
            insort(self._ordered, record.key)
        self.records[record.key] = record

    def drop(self, key: Key) -> None:
        del self.records[key]
        if self._ordered is not None:
            del self._ordered[bisect_left(self._ordered, key)]

    def ordered_keys(self, namespace: str = "") -> list[Key]:
        """All keys, or those of one namespace."""
        if self._ordered is None:
            self._ordered = sorted(self.records)
        if not namespace:
            return self._ordered
        start = bisect_left(self._ordered, (namespace, ""))
        # No name of a namespace is another one with a character before all others at its end.
        return self._ordered[start : bisect_left(self._ordered, (namespace + "\0", ""))]


class Store:
    """The cluster's objects. Not thread-safe: it lives in the cluster's event loop."""

    def __init__(self, database: Database, window: int = WINDOW_CHANGES) -> None:
        self._database = database
        self._collections: dict[str, _Collection] = {}
        self._subscriptions: dict[str, list[Subscription]] = {}
        self.revision, rows = database.load()
        for collection, record in rows:
            self._collection(collection).put(record)
        self._check_loaded()
        self._window = Window(self.revision, window)

    @classmethod
    def open(cls, path: Path, window: int = WINDOW_CHANGES) -> Store:
        """Open the file at `path`, or begin an empty one.

        Args:
            path: the SQLite file.
            window: how many changes to remember for watches.

        Raises:
            CorruptError: the file is damaged or not a store.
        """
        return cls(Database(path), window)

    def _check_loaded(self) -> None:
        for name, collection in self._collections.items():
            for record in collection.records.values():
                if not record.encoded.startswith(b"{") or record.revision > self.revision:
                    raise CorruptError(f"object {'/'.join(record.key)} of {name} is damaged")

    def _collection(self, name: str) -> _Collection:
        found = self._collections.get(name)
        if found is None:
            found = self._collections[name] = _Collection()
        return found

    # ------------------------------------------------------------------ reading

    def get(self, collection: str, namespace: str, name: str) -> Record | None:
        found = self._collections.get(collection)
        return found.records.get((namespace, name)) if found else None

    def list(self, collection: str, namespace: str = "") -> Records:
        """The current objects (of one namespace, if given), ordered by namespace and name."""
        found = self._collections.get(collection)
        if found is None:
            return []
        records = found.records
        return [records[key] for key in found.ordered_keys(namespace)]

    def list_at(self, collection: str, revision: int, namespace: str = "") -> Records:
        """The objects as they were at `revision`: the present with every later change undone.

        Raises:
            ExpiredError: that is longer ago than the window reaches.
            FutureError: `revision` has not been written yet.
        """
        self._window.check(revision, self.revision)
        state = {record.key: record for record in self.list(collection, namespace)}
        for change in self._window.back_to(revision):
            if change.collection != collection or (namespace and change.record.key[0] != namespace):
                continue
            if change.previous is None:
                state.pop(change.record.key, None)
            else:
                state[change.record.key] = change.previous
        return [state[key] for key in sorted(state)]

    def changes_since(self, revision: int, collections: Container[str]) -> Changes:
        """What happened to some collections after `revision`, oldest first.

        Raises:
            ExpiredError: that is longer ago than the window reaches.
        """
        self._window.check(revision, self.revision)
        return [change for change in self._window.after(revision) if change.collection in collections]

    def count(self, collection: str) -> int:
        """How many objects there are."""
        found = self._collections.get(collection)
        return len(found.records) if found is not None else 0

    def changed(self, collection: str) -> int:
        """A number that grows with every change of a collection: what was worked out from it is good until then."""
        found = self._collections.get(collection)
        return found.changed if found is not None else 0

    def collections(self) -> Iterator[tuple[str, int]]:
        """Every collection that ever held an object, with the number it holds now."""
        for name, collection in self._collections.items():
            yield name, len(collection.records)

    def subscribe(self, collection: str, after: int | None = None, namespace: str = "") -> Subscription:
        """Hear of every change of a collection after revision `after` (default: from now on).

        Raises:
            ExpiredError: `after` is older than the window.
            FutureError: `after` has not been written yet.
        """
        backlog: list[Change] = []
        if after is not None and after != self.revision:
            self._window.check(after, self.revision)
            backlog = [
                change
                for change in self._window.after(after)
                if change.collection == collection and (not namespace or change.record.key[0] == namespace)
            ]
        subscription = Subscription(collection, namespace, backlog, self._unsubscribe)
        self._subscriptions.setdefault(collection, []).append(subscription)
        return subscription

    def _unsubscribe(self, subscription: Subscription) -> None:
        self._subscriptions[subscription.collection].remove(subscription)

    def end_subscriptions(self, collection: str) -> None:
        """Close every subscription to a collection (its kind is no longer served)."""
        for subscription in tuple(self._subscriptions.get(collection, ())):
            subscription.close()

    # ------------------------------------------------------------------ writing

    def create(self, collection: str, key: Key, obj: Object) -> Record:
        """Store a new object; sets ``metadata.resourceVersion`` in `obj`, which belongs to the store from now on.

        Raises:
            ExistsError: there is one of that key.
            WriteFailedError: the disk refused; nothing changed.
        """
        found = self._collection(collection)
        if key in found.records:
            raise ExistsError(f"{collection} {'/'.join(key)} exists")
        record = self._stamped(key, obj)
        self._database.put(collection, record)
        self._commit(found, Change(collection, "ADDED", record, None))
        return record

    def update(self, collection: str, key: Key, obj: Object, expected: int) -> Record:
        """Replace the version of revision `expected`; otherwise as `create`.

        Raises:
            StaleError: the current version is another one (`GoneError`: there is none).
            WriteFailedError: the disk refused; nothing changed.
        """
        found = self._collection(collection)
        previous = self._expect(found, key, expected)
        record = self._stamped(key, obj)
        self._database.put(collection, record)
        self._commit(found, Change(collection, "MODIFIED", record, previous))
        previous.forget_object()
        return record

    def delete(self, collection: str, key: Key, expected: int) -> Record:
        """Remove the version of revision `expected`.

        Returns:
            The last state, carrying the revision of the deletion.

        Raises:
            StaleError: the current version is another one (`GoneError`: there is none).
            WriteFailedError: the disk refused; nothing changed.
        """
        found = self._collection(collection)
        previous = self._expect(found, key, expected)
        record = self._stamped(key, previous.copy())
        self._database.drop(collection, key, record.revision)
        self._commit(found, Change(collection, "DELETED", record, previous))
        previous.forget_object()
        return record

    @staticmethod
    def _expect(found: _Collection, key: Key, expected: int) -> Record:
        previous = found.records.get(key)
        if previous is None:
            raise GoneError(f"{'/'.join(key)} is gone")
        if previous.revision != expected:
            raise StaleError(f"{'/'.join(key)} has revision {previous.revision}, not {expected}")
        return previous

    def _stamped(self, key: Key, obj: Object) -> Record:
        revision = self.revision + 1
        obj["metadata"]["resourceVersion"] = str(revision)
        ordered = in_order(obj)
        return Record(key, revision, orjson.dumps(ordered), ordered)

    def _commit(self, found: _Collection, change: Change) -> None:
        self.revision = found.changed = change.revision
        if change.type == "DELETED":
            found.drop(change.record.key)
        else:
            found.put(change.record)
        self._window.append(change)
        for subscription in tuple(self._subscriptions.get(change.collection, ())):
            subscription.offer(change)

    def close(self) -> None:
        """End every subscription and release the file."""
        for collection in list(self._subscriptions):
            self.end_subscriptions(collection)
        self._database.close()
