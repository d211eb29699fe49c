"""Lists that are sets or maps by their schema: ``==`` does not look at order there, and ``+`` merges.

Source: https://kubernetes.io/docs/reference/using-api/cel/ ("x-kubernetes-list-type").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from liqolab.kube.cel.functions import Overload, both, crossed
from liqolab.kube.cel.types import BOOL, Type
from liqolab.kube.cel.values import distinct, equal


def associative(function: str, types: Sequence[Type | None]) -> Overload | None:
    """The variant of an operator for two lists of which the first (for equality: either) is a set or map."""
    if function not in ("_==_", "_!=_", "_+_") or len(types) != 2:
        return None
    candidates = types if function != "_+_" else types[:1]
    of = next((found for found in candidates if found and found.list_type in ("set", "map")), None)
    if of is None:
        return None
    if function == "_+_":
        return Overload(False, (), of, lambda one, other: _merge(of, one, other), both)
    wanted = function == "_==_"
    return Overload(False, (), BOOL, lambda one, other: _same(of, one, other) is wanted, crossed)


def _same(type: Type, one: Any, other: Any) -> bool:
    if not isinstance(one, list | tuple) or not isinstance(other, list | tuple) or len(one) != len(other):
        return False
    return all(any(equal(item, another) for another in other) for item in one)


def _merge(type: Type, one: Sequence[Any], other: Sequence[Any]) -> list[Any]:
    if type.list_type == "set":
        return distinct([*one, *other])
    rows = {_identity(type, item): item for item in one}
    rows.update((_identity(type, item), item) for item in other)
    return list(rows.values())


def _identity(type: Type, item: Any) -> tuple[Any, ...]:
    return tuple(item.get(key) if isinstance(item, dict) else None for key in type.list_keys)
