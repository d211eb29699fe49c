"""Values that are worked out from a collection of the store, and kept until the collection changes.

Nobody has to watch anything, and nobody sees an old answer: the store counts the changes of each collection. What is
asked for at every write of a collection that grows is `Followed`: worked out anew, it would cost the square of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from liqolab.apimachinery.resources import Object
from liqolab.kube.store.errors import ExpiredError
from liqolab.kube.store.store import Store

T = TypeVar("T")


class Derived(Generic[T]):
    """A function of some collections, computed when it is asked for and out of date.

    Args:
        store: where the collections are.
        collections: their names.
        compute: gets the objects of each collection, in order; frozen.
    """

    def __init__(
        self, store: Store, collections: Sequence[str], compute: Callable[[dict[str, list[Object]]], T]
    ) -> None:
        self._store = store
        self._collections = tuple(collections)
        self._compute = compute
        self._seen: tuple[int, ...] | None = None
        self._value: T

    def value(self) -> T:
        """The value for the store as it is now."""
        seen = tuple(self._store.changed(name) for name in self._collections)
        if seen != self._seen:
            listed = {name: [row.object for row in self._store.list(name)] for name in self._collections}
            self._value = self._compute(listed)
            self._seen = seen
        return self._value


class Followed(Generic[T]):
    """A value that takes in, when it is asked for, what has changed in some collections since it was asked for last.

    Args:
        store: where the collections are.
        collections: their names.
        begin: the value of empty collections.
        change: changes the value: gets it, the collection, and an object before and after; frozen. One of the two is
            None when the object was made or deleted.
    """

    def __init__(
        self,
        store: Store,
        collections: Sequence[str],
        begin: Callable[[], T],
        change: Callable[[T, str, Object | None, Object | None], None],
    ) -> None:
        self._store = store
        self._collections = tuple(collections)
        self._begin = begin
        self._change = change
        self._revision: int | None = None
        self._value: T

    def value(self) -> T:
        """The value for the store as it is now."""
        seen, self._revision = self._revision, None  # whatever goes wrong from here on, the next one counts anew
        if seen is None:
            self._count_all()
        elif any(self._store.changed(name) > seen for name in self._collections):
            self._take(seen)
        self._revision = self._store.revision
        return self._value

    def _take(self, seen: int) -> None:
        try:
            changes = self._store.changes_since(seen, self._collections)
        except ExpiredError:
            self._count_all()
            return
        for each in changes:
            before = None if each.previous is None else each.previous.object
            after = None if each.type == "DELETED" else each.record.object
            self._change(self._value, each.collection, before, after)

    def _count_all(self) -> None:
        self._value = self._begin()
        for name in self._collections:
            for record in self._store.list(name):
                self._change(self._value, name, None, record.object)
