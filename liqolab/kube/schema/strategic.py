"""Strategic merge patches: merge patches that know which lists are sets of named things.

Which list merges by which key stands in the definitions (``x-kubernetes-patch-strategy``, ``…-merge-key``). A patch may
also carry directives, which clients such as ``kubectl apply`` compute:

- ``$patch: delete | replace`` in an object or in an element of a merging list,
- ``$retainKeys``: the fields of an object that stay (unions such as a Deployment's strategy),
- ``$deleteFromPrimitiveList/<field>``: values that leave a list of scalars,
- ``$setElementOrder/<field>``: the order of a merged list.

Custom kinds have no strategic patches: their schemas name no merge keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from liqolab.apimachinery.golang import plain
from liqolab.apimachinery.meta import deep_copy
from liqolab.apimachinery.patches import PatchError
from liqolab.apimachinery.resources import Object
from liqolab.kube.schema import definitions

_PATCH = "$patch"
_RETAIN_KEYS = "$retainKeys"
_SET_ORDER = "$setElementOrder/"
_DELETE_SCALARS = "$deleteFromPrimitiveList/"


class _Field(NamedTuple):
    """How a field is patched: its strategies, merge key, and the definition of what lies below it."""

    strategies: frozenset[str]
    merge_key: str
    below: str


_PLAIN = _Field(frozenset(), "", "")


@cache
def _fields(definition_name: str) -> Mapping[str, _Field]:
    """The patching rules of a definition's fields; an unknown definition has none."""
    if not definition_name:
        return {}
    schema = definitions.definition(definition_name)
    return {name: _rule(sub) for name, sub in schema.get("properties", {}).items()}


def _rule(schema: Mapping[str, Any]) -> _Field:
    strategies = frozenset(filter(None, schema.get("x-kubernetes-patch-strategy", "").split(",")))
    inner = schema
    while below := inner.get("items") or inner.get("additionalProperties"):
        inner = below
    return _Field(strategies, schema.get("x-kubernetes-patch-merge-key", ""), definitions.reference(inner))


def apply_strategic_patch(document: Mapping[str, Any], patch: Mapping[str, Any], definition_name: str) -> Object:
    """`document` with `patch` applied, by the rules of a built-in kind's definition: a new document.

    Raises:
        PatchError: the patch contradicts itself or lacks a merge key.
    """
    if not isinstance(patch, dict):
        raise PatchError("a strategic merge patch is an object")
    return _merge_object(deep_copy(dict(document)), deep_copy(patch), definition_name)


def _merge_object(target: Object, patch: Object, definition_name: str) -> Object:
    if (directive := patch.get(_PATCH)) is not None:
        if directive == "delete":
            return {}
        if directive != "replace":
            raise PatchError(f"unknown patch type: {directive} in map: {plain(patch)}")
        target = {}
        del patch[_PATCH]
    if (keys := patch.pop(_RETAIN_KEYS, None)) is not None:
        _retain(target, patch, keys)
    fields = _fields(definition_name)
    orders = {name.removeprefix(_SET_ORDER): patch.pop(name) for name in list(patch) if name.startswith(_SET_ORDER)}
    for name, order in orders.items():
        _check_list(order, fields.get(name, _PLAIN).merge_key)
    for name, value in patch.items():
        if name.startswith(_DELETE_SCALARS):
            _delete_scalars(target, name.removeprefix(_DELETE_SCALARS), value)
        elif value is None:
            target.pop(name, None)
        else:
            rule = fields.get(name, _PLAIN)
            target[name] = _merge_value(target.get(name), value, rule, orders.pop(name, None))
    for name, order in orders.items():
        if isinstance(current := target.get(name), list):
            target[name] = _ordered(current, current, order, fields.get(name, _PLAIN).merge_key)
    return target


def _retain(target: Object, patch: Object, keys: Any) -> None:
    if not isinstance(keys, list) or any(name not in keys for name in patch):
        raise PatchError("invalid patch format of retainKeys", 400)
    for name in [name for name in target if name not in keys]:
        del target[name]


def _delete_scalars(target: Object, field: str, values: Any) -> None:
    current = target.get(field)
    if isinstance(current, list) and isinstance(values, list):
        target[field] = [value for value in current if value not in values]


def _merge_value(current: Any, value: Any, rule: _Field, order: Any) -> Any:
    if isinstance(value, dict):
        replaced = "replace" in rule.strategies or not isinstance(current, dict)
        return _merge_object({} if replaced else current, value, rule.below)
    if isinstance(value, list) and "merge" in rule.strategies:
        before = current if isinstance(current, list) else []
        named = [item for item in value if not (isinstance(item, dict) and item.get(_PATCH))]
        if order is not None:
            _check_order(named, order, rule.merge_key)
        merged = _merge_list(list(before), value, rule)
        # Without an order of its own, a patch asks for the order in which it names the elements.
        return _ordered(merged, before, named if order is None else order, rule.merge_key)
    if isinstance(value, list):
        # Directives make no sense in a list that is replaced as a whole, but must not end up in the object.
        return [_merge_object({}, item, rule.below) if isinstance(item, dict) else item for item in value]
    return value


def _merge_list(items: list[Any], patch: list[Any], rule: _Field) -> list[Any]:
    if not rule.merge_key:
        return items + [value for index, value in enumerate(patch) if value not in items and value not in patch[:index]]
    if any(isinstance(element, dict) and element.get(_PATCH) == "replace" for element in patch):
        items = []
        patch = [element for element in patch if not (isinstance(element, dict) and element.get(_PATCH) == "replace")]
    if not all(isinstance(element, dict) for element in patch):
        raise PatchError(f"list element types are not identical: {plain([items, patch])}")
    for element in patch:
        if element.get(_PATCH) == "merge":
            raise PatchError("merging lists cannot yet be specified in the patch")
        key = _key(element, rule.merge_key)
        at = next((index for index, item in enumerate(items) if item.get(rule.merge_key) == key), None)
        if element.get(_PATCH) == "delete":
            items = [item for item in items if item.get(rule.merge_key) != key]
        elif at is None:
            items.append(_merge_object({}, element, rule.below))
        else:
            items[at] = _merge_object(items[at], element, rule.below)
    return items


def _check_list(order: Any, merge_key: str) -> None:
    """What a directive about a list names must be the elements of one."""
    if not isinstance(order, list):
        kind = {dict: "map", str: "string", bool: "bool", float: "float64", int: "int64"}.get(type(order), "<nil>")
        raise PatchError(f"expected a []interface {{}}, but received a {kind}")
    for row in order:
        if merge_key and isinstance(row, dict):
            _key(row, merge_key)


def _check_order(named: list[Any], order: Any, merge_key: str) -> None:
    """The elements of the patch must stand in the order that it asks for."""
    places = iter(_identity(row, merge_key) for row in order)
    if not all(_identity(item, merge_key) in places for item in named):
        shown = f"{plain(named)}\n doesn't match $setElementOrder list:\n{plain(order)}"
        raise PatchError(f"The order in patch list:\n{shown}\n")


def _key(element: Object, merge_key: str) -> Any:
    if merge_key not in element:
        raise PatchError(f"map: {plain(element)} does not contain declared merge key: {merge_key}")
    return element[merge_key]


def _ordered(items: list[Any], before: list[Any], order: Any, merge_key: str) -> list[Any]:
    """`items` in the order that the patch asks for.

    Elements that the patch does not name keep their order among each other, and their place relative to named ones as
    far as the list before the patch tells it.
    """
    wanted = [_identity(row, merge_key) for row in order]
    live = [_identity(item, merge_key) for item in before]
    named = [item for item in items if _identity(item, merge_key) in wanted]
    named.sort(key=lambda item: wanted.index(_identity(item, merge_key)))
    others = [item for item in items if _identity(item, merge_key) not in wanted]
    result: list[Any] = []
    while named and others:
        left, right = _identity(others[0], merge_key), _identity(named[0], merge_key)
        before_it = left in live and right in live and live.index(left) < live.index(right)
        result.append((others if before_it else named).pop(0))
    return result + named + others


def _identity(item: Any, merge_key: str) -> Any:
    return item.get(merge_key) if isinstance(item, dict) else item
