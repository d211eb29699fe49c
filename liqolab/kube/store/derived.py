"""Values that are worked out from a collection of the store, and kept until the collection changes.

Nobody has to watch anything, and nobody sees an old answer: the store counts the changes of each collection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from liqolab.apimachinery.resources import Object
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
