"""How defaults are written down: tables of fields, applied to objects in place.

A table says what a field is when it is absent, and which tables hold below it. Text counts as absent when it is empty
and numbers when they are not there, as in Go, where text fields are plain and most numbers are pointers; the few
plain numbers are marked with `nonzero`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from liqolab.apimachinery.meta import deep_copy
from liqolab.apimachinery.resources import Object

Rule = Callable[[Object], None]
"""A default that a table cannot say: changes the object in place."""


class Table:
    """Defaults of one kind of object.

    Args:
        constants: field → value when absent. Objects and lists are copied.
        nonzero: field → value when absent or zero.
        within: field → table of the object there, if it is there.
        each: field → table of every element of the list there.
        rules: what else is to be done, after the constants and before the tables below.
    """

    def __init__(
        self,
        constants: dict[str, Any] | None = None,
        *,
        nonzero: dict[str, Any] | None = None,
        within: dict[str, Table] | None = None,
        each: dict[str, Table] | None = None,
        rules: tuple[Rule, ...] = (),
    ) -> None:
        given = constants or {}
        self._texts: tuple[tuple[str, Any], ...] = tuple((k, v) for k, v in given.items() if isinstance(v, str))
        self._others: tuple[tuple[str, Any], ...] = tuple(
            (k, v) for k, v in given.items() if not isinstance(v, str | dict | list)
        )
        self._fresh: tuple[tuple[str, Any], ...] = tuple((k, v) for k, v in given.items() if isinstance(v, dict | list))
        self._nonzero = tuple((nonzero or {}).items())
        self._within = tuple((within or {}).items())
        self._each = tuple((each or {}).items())
        self._rules = rules

    def apply(self, obj: Object) -> None:
        """Fill the defaults in."""
        for field, value in self._texts:
            if not obj.get(field):
                obj[field] = value
        for field, value in self._others:
            if obj.get(field) is None:
                obj[field] = value
        for field, value in self._fresh:
            if obj.get(field) is None:
                obj[field] = deep_copy(value)
        for field, value in self._nonzero:
            if not obj.get(field):
                obj[field] = value
        for rule in self._rules:
            rule(obj)
        for field, table in self._within:
            if isinstance(below := obj.get(field), dict):
                table.apply(below)
        for field, table in self._each:
            if isinstance(items := obj.get(field), list):
                for item in items:
                    if isinstance(item, dict):
                        table.apply(item)


def with_status(spec: Table, **zeros: Any) -> tuple[Table, ...]:
    """The tables of a kind with these defaults in its spec; its status is there, with the zeros that Go writes."""
    return (Table({"status": {}}, within={"spec": spec, "status": Table(zeros)}),)
