"""How a document is laid over an object, and how fields are taken out of one.

Orders of lists are those of structured-merge-diff: a list that the document says nothing new about keeps its order;
otherwise the document's items come in the document's order, and those that only the object has stay where they stood
among the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from liqolab.kube.fields.shapes import ANYTHING, ListShape, MapShape, Shape
from liqolab.kube.fields.trees import EMPTY, SELF, Tree, is_member

_ABSENT: Final = object()
"""What is not there, as opposed to null."""


def merge(live: Mapping[str, Any], applied: Mapping[str, Any], shape: Shape) -> Any:
    """`live` with everything that `applied` says, a new object. Neither is changed; parts are shared."""
    assert shape.map is not None, "objects are maps"
    return _merge_maps(live, applied, shape.map)


def _merge(live: Any, applied: Any, shape: Shape) -> Any:
    if live is _ABSENT or applied is _ABSENT or (not live and not applied):
        return live if applied is _ABSENT else applied
    kind = shape.kind_of(applied)
    if applied is None:
        # A null is whatever the object has there; below granular places it takes nothing away.
        kind = shape.kind_of(live)
    elif kind != shape.kind_of(live):
        return applied
    if kind == "map" and shape.map is not None and not shape.map.atomic:
        return _merge_maps(live or {}, applied or {}, shape.map)
    if kind == "list" and shape.list is not None and not shape.list.atomic:
        return _merge_lists(live or [], applied or [], shape.list)
    return applied


def _merge_maps(live: Mapping[str, Any], applied: Mapping[str, Any], shape: MapShape) -> Any:
    merged = dict(live)
    for name, value in applied.items():
        merged[name] = _merge(live.get(name, _ABSENT), value, shape.field(name) or ANYTHING)
    return merged


def _merge_lists(live: list[Any], applied: list[Any], shape: ListShape) -> list[Any]:
    lefts = [(shape.step(item), item) for item in live]
    rights = [(shape.step(item), item) for item in applied]
    wanted = dict(rights)
    known: dict[str, Any] = {}
    for step, item in lefts:
        # An item that is there twice has no one value that could be merged with.
        known[step] = _ABSENT if step in known else item
    merged: list[Any] = []
    shared = [step for step, _ in rights if step in known]
    done: set[str] = set()

    def take(step: str) -> None:
        done.add(step)
        if shared and shared[0] == step:
            shared.pop(0)
        merged.append(_merge(known.get(step, _ABSENT), wanted[step], shape.item))

    left = right = 0
    while left < len(lefts) or right < len(rights):
        if left < len(lefts):
            step, item = lefts[left]
            if right < len(rights) and step == rights[right][0]:
                take(step)
                left, right = left + 1, right + 1
                continue
            if step not in wanted:
                merged.append(item)
                left += 1
                continue
            if right < len(rights) and shared and shared[0] != step:
                # Both have it, and its turn comes later.
                left += 1
                continue
            left += step in done
        if right < len(rights):
            take(rights[right][0])
            right += 1
    return merged


def remove(value: Any, roots: Tree, shape: Shape) -> Any:
    """`value` without the fields of a set, a new one; None when nothing is left of it."""
    kind = shape.kind_of(value)
    if kind == "map" and isinstance(value, dict) and shape.map is not None and not shape.map.atomic:
        field = shape.map.field
        kept: dict[str, Any] = {}
        for name, inner in value.items():
            node = roots.get("f:" + name)
            if node is None:
                kept[name] = inner
            elif not is_member(node):
                kept[name] = remove(inner, node, field(name) or ANYTHING)
        return kept or None
    if kind == "list" and isinstance(value, list) and shape.list is not None and not shape.list.atomic:
        items = []
        for item in value:
            node = roots.get(shape.list.step(item))
            if node is None:
                items.append(item)
            elif not is_member(node):
                items.append(remove(item, node, shape.list.item))
        return items or None
    return value if kind == "scalar" else None


def with_named(tree: Tree, shape: Shape) -> Tree:
    """A set with the fields of the schema in it that are only there for what is below them."""
    found: Tree = {}
    for step, node in tree.items():
        if not node:
            found[step] = node
            continue
        below = _below(step, shape)
        inner = with_named(node, below)
        if step[0] == "f" and shape.map is not None and shape.map.names(step[2:]):
            inner = {SELF: EMPTY, **inner}
        found[step] = inner
    return found


def _below(step: str, shape: Shape) -> Shape:
    if step[0] == "f" and shape.map is not None:
        return shape.map.field(step[2:]) or ANYTHING
    return shape.list.item if shape.list is not None else ANYTHING


def reconciled(tree: Tree, shape: Shape) -> Tree:
    """A set after its schema has changed: what is one field now is owned as one."""
    found: Tree = {}
    for step, node in tree.items():
        if not node:
            found[step] = node
            continue
        below = _below(step, shape)
        parts = [part for part in (below.map, below.list) if part is not None]
        whole = len(parts) == 1 and parts[0].atomic and not below.scalar
        found[step] = EMPTY if whole else reconciled(node, below)
    return found
