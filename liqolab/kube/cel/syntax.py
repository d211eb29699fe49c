"""The syntax tree of an expression. The checker writes types and overloads into it; the planner reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liqolab.kube.cel.functions import Overload
    from liqolab.kube.cel.types import Type


@dataclass(slots=True, eq=False)
class Node:
    """A part of an expression.

    Attributes:
        offset: where its mistakes are shown, in characters from the start of the source.
        type: what it evaluates to; the checker's.
    """

    offset: int
    type: Type | None = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class Literal(Node):
    """A constant, as the value that it evaluates to."""

    value: Any


@dataclass(slots=True, eq=False)
class Ident(Node):
    """A variable or, by its name, a type."""

    name: str
    constant: Any = field(default=None, init=False)


@dataclass(slots=True, eq=False)
class Select(Node):
    """``operand.name``, ``operand.?name`` (`optional`) or ``has(operand.name)`` (`test`).

    `key` is the name in the data, which differs where the property's own name is no identifier; the checker's.
    `typed` says that the operand is an object of a schema, where null is as good as nothing.
    `constant` or `variable` replaces the whole where it turns out to be a qualified name.
    """

    operand: Node
    name: str
    optional: bool = False
    test: bool = False
    key: str = field(default="", init=False)
    typed: bool = field(default=False, init=False)
    constant: Any = field(default=None, init=False)
    variable: str = field(default="", init=False)


@dataclass(slots=True, eq=False)
class Call(Node):
    """A function or operator; `target` is the receiver of a method. `overloads` are those that fit; the checker's."""

    function: str
    args: list[Node]
    target: Node | None = None
    overloads: Sequence[Overload] = field(default=(), init=False)


@dataclass(slots=True, eq=False)
class ListLiteral(Node):
    """``[a, ?b]``: the elements, each with whether it is optional."""

    items: list[tuple[bool, Node]]


@dataclass(slots=True, eq=False)
class MapLiteral(Node):
    """``{k: v, ?k: v}``: (optional, key, value) rows."""

    entries: list[tuple[bool, Node, Node]]


@dataclass(slots=True, eq=False)
class Message(Node):
    """``Name{field: value}``: rows are (offset, field, value)."""

    name: str
    entries: list[tuple[int, str, Node]]


@dataclass(slots=True, eq=False)
class Comprehension(Node):
    """A macro over a list or map.

    Attributes:
        macro: ``all``, ``exists``, ``exists_one``, ``map``, ``filter``, ``transformList``, ``transformMap`` or
            ``transformMapEntry``.
        range: what is walked over.
        names: one or two variables.
        condition: which elements count; None means all.
        body: what is made of each.
    """

    macro: str
    range: Node
    names: list[str]
    condition: Node | None
    body: Node


@dataclass(slots=True, eq=False)
class OptionalMap(Node):
    """``operand.optMap(name, body)``, and ``optFlatMap`` when `flat`."""

    operand: Node
    name: str
    body: Node
    flat: bool
