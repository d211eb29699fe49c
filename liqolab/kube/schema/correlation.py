"""Which part of the old object a part of the new one corresponds to: by name in maps, by keys in lists of type map.

Rules compare with it (``oldSelf``), and errors in parts that have not changed are forgiven (ratcheting).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

ABSENT: Final = object()
"""There is no old value."""


class Correlated:
    """The old value of a place.

    Attributes:
        comparable: what rules may compare with, or `ABSENT`.
    """

    __slots__ = ("_new", "_old", "_parent", "comparable")

    def __init__(self, comparable: Any, old: Any, new: Any, parent: Correlated | None) -> None:
        self.comparable = comparable
        self._old = old
        self._new = new
        self._parent = parent

    def unchanged(self) -> bool:
        """Whether the place, or the nearest one above that corresponds to something, is as it was."""
        if self._old is not ABSENT:
            return bool(self._old == self._new)
        return self._parent is not None and self._parent.unchanged()

    def uncorrelated(self) -> Correlated:
        """The same place, where nothing but its surroundings counts for ratcheting."""
        return Correlated(self.comparable, ABSENT, ABSENT, self._parent)

    def key(self, name: str, new: Any, schema: Mapping[str, Any]) -> Correlated:
        """A property, or a value of a map."""
        old = _entry(self._old, name)
        granular = schema.get("x-kubernetes-map-type") in (None, "granular", "atomic")
        comparable = _entry(self.comparable, name) if granular else ABSENT
        return Correlated(_known(comparable), old, new, self)

    def item(self, new: Any, schema: Mapping[str, Any]) -> Correlated:
        """An element of a list."""
        old = _same_item(self._old, new, schema)
        comparable = ABSENT
        if schema.get("x-kubernetes-list-type") == "map":
            comparable = _same_item(self.comparable, new, schema)
        return Correlated(_known(comparable), old, new, self)


def root(new: Any, old: Any) -> Correlated:
    """A whole object; `old` is None at its creation."""
    before = ABSENT if old is None else old
    return Correlated(before, before, new, None)


def _known(value: Any) -> Any:
    return ABSENT if value is None else value


def _entry(value: Any, name: str) -> Any:
    return value.get(name, ABSENT) if isinstance(value, dict) else ABSENT


def _same_item(old: Any, new: Any, schema: Mapping[str, Any]) -> Any:
    """The element that was what `new` is now: of lists of type map the one with its keys, of atomic ones none."""
    if not isinstance(old, list) or schema.get("x-kubernetes-list-type") != "map" or not isinstance(new, dict):
        return ABSENT
    keys = schema.get("x-kubernetes-list-map-keys") or ()
    wanted = [new.get(key) for key in keys]
    for item in old:
        if isinstance(item, dict) and [item.get(key) for key in keys] == wanted:
            return item
    return ABSENT
