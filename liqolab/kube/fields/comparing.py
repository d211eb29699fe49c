"""Which fields an object has, and in which two objects differ.

Both walks take objects that the schema has let pass; a value that does not fit its place counts as one field. Equal
parts are passed over as a whole, so that comparing two versions of an object costs what has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from liqolab.kube.fields.shapes import ANYTHING, ListShape, MapShape, Shape, StepError
from liqolab.kube.fields.trees import EMPTY, SELF, Tree, marked


class Difference(NamedTuple):
    """What is new in the second of two objects, what has another value, and what is gone from the first."""

    added: Tree
    modified: Tree
    removed: Tree


_Nodes = tuple[Tree | None, Tree | None, Tree | None]
_MODIFIED: _Nodes = (None, EMPTY, None)


def compare(old: Mapping[str, Any], new: Mapping[str, Any], shape: Shape) -> Difference:
    """What has to be done to `old` to make it `new`."""
    assert shape.map is not None, "objects are maps"
    return Difference(*(node or EMPTY for node in _maps(old, new, shape.map)))


def _compare(old: Any, new: Any, shape: Shape) -> _Nodes:
    before, after = shape.kind_of(old), shape.kind_of(new)
    if before != after:
        whole = _whole(new, shape)
        children = {step: node for step, node in whole.items() if step != SELF}
        return children or None, EMPTY, None
    if not old and not new:
        # An empty place and none at all are different values of one field.
        return _MODIFIED
    if after == "map":
        if shape.map is None or shape.map.atomic:
            return _MODIFIED
        return _maps(old or {}, new or {}, shape.map)
    if after == "list" and shape.list is not None and not shape.list.atomic:
        return _lists(old or [], new or [], shape.list)
    return _MODIFIED


def _maps(old: Mapping[str, Any], new: Mapping[str, Any], shape: MapShape) -> _Nodes:
    added: Tree = {}
    modified: Tree = {}
    removed: Tree = {}
    for name, value in new.items():
        if name not in old:
            added["f:" + name] = _whole(value, shape.field(name) or ANYTHING)
        elif (before := old[name]) != value:
            found = _compare(before, value, shape.field(name) or ANYTHING)
            _put("f:" + name, found, added, modified, removed)
    for name, value in old.items():
        if name not in new:
            removed["f:" + name] = _whole(value, shape.field(name) or ANYTHING)
    return added or None, modified or None, removed or None


def _put(step: str, found: _Nodes, added: Tree, modified: Tree, removed: Tree) -> None:
    for tree, node in zip((added, modified, removed), found, strict=True):
        if node is not None:
            tree[step] = node


def by_step(items: list[Any], shape: ListShape) -> dict[str, list[Any]]:
    """The items of a list by their steps; those without an identity are left out."""
    found: dict[str, list[Any]] = {}
    for item in items:
        try:
            found.setdefault(shape.step(item), []).append(item)
        except StepError:
            continue
    return found


def _lists(old: list[Any], new: list[Any], shape: ListShape) -> _Nodes:
    """Items that a step names twice are compared as one value."""
    added: Tree = {}
    modified: Tree = {}
    removed: Tree = {}
    before, after = by_step(old, shape), by_step(new, shape)
    for step in before | after:
        olds, news = before.get(step, []), after.get(step, [])
        if olds == news:
            continue
        if len(olds) > 1 and len(news) > 1:
            modified[step] = EMPTY
        elif len(olds) == 1 and len(news) == 1:
            _put(step, _compare(olds[0], news[0], shape.item), added, modified, removed)
        else:
            # What is here once is added or removed with its fields, what is here twice as a whole.
            if news:
                added[step] = _whole(news[0], shape.item) if len(news) == 1 else EMPTY
            if olds:
                removed[step] = _whole(olds[0], shape.item) if len(olds) == 1 else EMPTY
    return added or None, modified or None, removed or None


def _whole(value: Any, shape: Shape) -> Tree:
    """A value that was not there, with every field in it."""
    if not value:
        return EMPTY
    if isinstance(value, dict):
        below = shape.map
        return EMPTY if below is None or below.atomic else _whole_map(value, below)
    if isinstance(value, list):
        items = shape.list
        return EMPTY if items is None or items.atomic else _whole_list(value, items)
    return EMPTY


_NESTED: Final = frozenset((dict, list))


def _whole_map(value: Mapping[str, Any], shape: MapShape) -> Tree:
    tree: Tree = {SELF: EMPTY}
    field = shape.field
    for name, inner in value.items():
        nested = inner and type(inner) in _NESTED
        tree["f:" + name] = _whole(inner, field(name) or ANYTHING) if nested else EMPTY
    return tree


def _whole_list(value: list[Any], shape: ListShape) -> Tree:
    tree: Tree = {SELF: EMPTY}
    for item in value:
        try:
            step = shape.step(item)
        except StepError:
            continue
        # What is here twice is one value.
        tree[step] = EMPTY if step in tree else _whole(item, shape.item)
    return tree


# ---------------------------------------------------------------------- the fields that somebody names


def named(obj: Mapping[str, Any], shape: Shape) -> Tree:
    """The fields that a document names, as somebody owns them who applies it.

    Fields of the schema are not owned for what is below them; entries of maps and items of lists are.
    """
    return _named(obj, shape) or EMPTY


def _named(value: Any, shape: Shape) -> Tree | None:
    kind = shape.kind_of(value)
    if kind == "map" and shape.map is not None:
        if shape.map.atomic:
            return EMPTY
        return _named_fields(value, shape.map) if isinstance(value, dict) else None
    if kind == "list" and shape.list is not None:
        if shape.list.atomic:
            return EMPTY
        if not isinstance(value, list):
            return None
        items = by_step(value, shape.list)
        tree = {
            step: EMPTY if len(same) > 1 else marked(_named(same[0], shape.list.item)) for step, same in items.items()
        }
        return tree or None
    return EMPTY


def _named_fields(value: Mapping[str, Any], shape: MapShape) -> Tree | None:
    tree: Tree = {}
    for name, inner in value.items():
        node = _named(inner, shape.field(name) or ANYTHING)
        if inner is None or inner == {} or not shape.names(name):
            node = marked(node)
        if node is not None:
            tree["f:" + name] = node
    return tree or None
