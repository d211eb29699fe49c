"""Structures as error texts print them: with Go's names of the fields, in Go's order, and nothing left out.

An API server validates types of its own, which no client ever sees but here: a wrong taint is told as
``{"Key":"a","Value":"","Effect":"x","TimeAdded":null}``. Which fields a type has is read from a data file
(``tools/build_internal_types.py``) when the first such error is told; most processes never do.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from liqolab.kube.schema.definitions import read_data

_SCALARS: dict[str, Any] = {"s": "", "b": False, "i": 0, "q": "0", "t": None}
"""Type code → what stands where nothing was given. Times print null then, all other codes are in the table."""


@cache
def _table() -> dict[str, list[list[Any]]]:
    table: dict[str, list[list[Any]]] = read_data("internal.json.xz")
    return table


def internal(name: str, value: Any) -> Any:
    """`value`, of the API's form, as the type called `name` (``core.Taint``) holds it: ready to be printed as JSON."""
    if name.startswith("*"):
        return None if value is None else internal(name[1:], value)
    if name.startswith("[]"):
        return None if value is None else [internal(name[2:], item) for item in value]
    if name.startswith("%"):
        return None if value is None else {key: internal(name[1:], value[key]) for key in sorted(value)}
    if name not in _table():
        return _SCALARS.get(name) if value is None else value
    return _struct(name, value or {})


def _struct(name: str, value: Any) -> dict[str, Any]:
    printed: dict[str, Any] = {}
    for shown, field, kind, omit in _table()[name]:
        if not field:
            inner = value.get("metadata") or {} if kind == "meta.ObjectMeta" else value
            printed |= internal(kind, inner)
            continue
        held = internal(kind, value.get(field))
        if held or not omit:
            printed[shown] = held
    return printed
