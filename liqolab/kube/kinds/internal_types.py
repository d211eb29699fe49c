"""Structures as error texts print them: with Go's names of the fields, in Go's order, and nothing left out.

An API server validates types of its own, which no client ever sees but here: a wrong taint is told as
``{"Key":"a","Value":"","Effect":"x","TimeAdded":null}``. Which fields a type has is read from a data file
(``tools/build_internal_types.py``) when the first such error is told; most processes never do.
"""

from __future__ import annotations

import difflib
import json
from functools import cache
from typing import Any

from liqolab.kube.schema.definitions import read_data

_HTML = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
"""Go's encoder makes its output safe for web pages."""

_OF_THE_HOST = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers")
"""Fields of a pod's spec that the server holds in its security context."""

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


def as_json(value: Any, *, indent: int | None = None) -> str:
    """A value as Go's JSON encoder writes it; the order of keys is the value's."""
    separators = (",", ": ") if indent else (",", ":")
    return json.dumps(value, ensure_ascii=False, separators=separators, indent=indent).translate(_HTML)


def difference(name: str, before: Any, after: Any) -> str:
    """What changed between two values of a type, as the texts about immutable fields show it: a unified diff of their
    indented JSON.
    """
    was, becomes = (as_json(internal(name, value), indent=1).split("\n") for value in (before, after))
    lines = difflib.unified_diff(was, becomes, n=3, lineterm="")
    return "".join(f"{line}\n" for line in list(lines)[2:])


def _struct(name: str, value: Any) -> dict[str, Any]:
    if name == "core.PodSpec":
        shared = {key: value[key] for key in _OF_THE_HOST if key in value}
        if shared or "securityContext" in value:
            value = {**value, "securityContext": {**(value.get("securityContext") or {}), **shared}}
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
