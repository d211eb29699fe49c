"""Sets of fields, in the form in which ``fieldsV1`` carries them, so that entries are reckoned with as they are read.

A set is a tree of steps: ``f:<name>`` for a field of an object, ``k:{"name":"c"}`` for the item of a list that is a
map, ``v:<value>`` for a member of a set. A node without children is a member; one with children is a member too if it
has the step ``.``. Trees are shared between sets and never changed once they are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import orjson

Tree = dict[str, Any]
"""Step → the tree below it."""

Path = tuple[str, ...]

SELF: Final = "."
EMPTY: Final[Tree] = {}
_ONLY_SELF: Final[Tree] = {SELF: EMPTY}


def is_member(node: Tree) -> bool:
    return not node or SELF in node


def marked(node: Tree | None) -> Tree:
    """A node as a member; None is one that is nothing else."""
    if not node:
        return EMPTY
    return node if SELF in node else {SELF: EMPTY, **node}


def _tidy(node: Tree) -> Tree | None:
    """A node from which something has been taken: None when nothing is left."""
    if not node:
        return None
    return EMPTY if node.keys() == _ONLY_SELF.keys() else node


def union(left: Tree, right: Tree) -> Tree:
    if not left or not right:
        return left or right
    merged = dict(left)
    for step, node in right.items():
        known = merged.get(step)
        if known is None:
            merged[step] = node
        elif not known or not node:
            merged[step] = marked(known or node)
        else:
            merged[step] = union(known, node)
    return merged


def difference(left: Tree, right: Tree) -> Tree:
    """What is in `left` and not in `right`; a field and what lies below it are members of their own."""
    if not left or not right:
        return left
    rest: Tree = {}
    for step, node in left.items():
        other = right.get(step)
        if other is None:
            rest[step] = node
        elif not node:
            if not is_member(other):
                rest[step] = node
        elif (kept := _tidy(difference(node, other or _ONLY_SELF))) is not None:
            rest[step] = kept
    return rest


def intersection(left: Tree, right: Tree) -> Tree:
    both: Tree = {}
    for step, node in left.items():
        other = right.get(step)
        if other is None:
            continue
        if not node or not other:
            if is_member(node or other):
                both[step] = EMPTY
        elif (shared := _tidy(intersection(node, other))) is not None:
            both[step] = shared
    return both


def without(tree: Tree, roots: Tree) -> Tree:
    """`tree` without the members of `roots` and all that lies below them."""
    rest: Tree = {}
    for step, node in tree.items():
        other = roots.get(step)
        if other is None:
            rest[step] = node
        elif not is_member(other):
            kept = without(node, other) if node else node
            if kept or not node:
                rest[step] = EMPTY if kept.keys() == _ONLY_SELF.keys() else kept
    return rest


def contains(tree: Tree, path: Path) -> bool:
    for step in path:
        found = tree.get(step)
        if found is None:
            return False
        tree = found
    return is_member(tree)


def of_paths(*paths: Path) -> Tree:
    tree: Tree = {}
    for path in paths:
        below: Tree = EMPTY
        for step in reversed(path):
            below = {step: below}
        tree = union(tree, below)
    return tree


def paths(tree: Tree, prefix: Path = ()) -> Iterator[Path]:
    """The members in the order in which a real server names them: those of a level, then what lies below."""
    steps = sorted((step for step in tree if step != SELF), key=_rank)
    for step in steps:
        if is_member(tree[step]):
            yield (*prefix, step)
    for step in steps:
        yield from paths(tree[step], (*prefix, step))


_KINDS: Final = "fkvi"


def _rank(step: str) -> Any:
    kind, body = step[:1], step[2:]
    if kind == "f":
        return (0, body)
    value = orjson.loads(body)
    parts = [(name, *_value_rank(item)) for name, item in value.items()] if isinstance(value, dict) else []
    return (_KINDS.index(kind), parts or _value_rank(value))


def _value_rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return (2, value)
    return (0, value) if isinstance(value, (int, float)) else (1, str(value))


def shown(path: Path) -> str:
    """A path as conflicts print it: ``.spec.containers[name="c"].image``."""
    return "".join(map(shown_step, path))


@cache
def shown_step(step: str) -> str:
    kind, body = step[:2], step[2:]
    if kind == "f:":
        return f".{body}"
    value = orjson.loads(body)
    if kind == "k:":
        return "[" + ",".join(f"{name}={_go(item)}" for name, item in sorted(value.items())) + "]"
    return f"[={_go(value)}]" if kind == "v:" else f"[{body}]"


def _go(value: Any) -> str:
    return orjson.dumps(value).decode()


class MalformedFieldsError(ValueError):
    """A ``fieldsV1`` that is none."""


def normal(tree: Any) -> Tree:
    """A ``fieldsV1`` that a client sent, in the spelling of this module.

    Raises:
        MalformedFieldsError: it is not in the form of one.
    """
    if not isinstance(tree, dict):
        raise MalformedFieldsError("expected an object")
    found: Tree = {}
    for step, node in tree.items():
        if step != SELF:
            step = _normal_step(step)
        found[step] = normal(node)
    return EMPTY if found.keys() == _ONLY_SELF.keys() else found


def _normal_step(step: str) -> str:
    if step[1:2] != ":" or step[0] not in _KINDS:
        raise MalformedFieldsError(f"unknown path element {step}")
    if step[0] == "f":
        return step
    try:
        value = orjson.loads(step[2:])
    except orjson.JSONDecodeError as error:
        raise MalformedFieldsError(str(error)) from error
    return step[:2] + encoded(dict(sorted(value.items())) if isinstance(value, dict) else value)


def encoded(value: Any, *, sort: bool = False) -> str:
    """JSON as Go writes it: with the characters escaped that mean something in HTML."""
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort else 0).decode()
    if "<" in text or ">" in text or "&" in text:
        text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return text
