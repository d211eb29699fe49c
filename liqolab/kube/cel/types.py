"""The types of CEL, and when a value of one may stand where another is expected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Field:
    """A property of an object type: its type, and its name in the data."""

    type: Type
    key: str


@dataclass(frozen=True, slots=True)
class Type:
    """A type.

    Attributes:
        kind: ``int``, ``list``, ``object``, ``opaque``, ``param`` …
        params: of a list its element, of a map key and value, of an optional or a type what is inside.
        name: of objects, opaque types and type parameters.
        fields: of objects, by the name that expressions use.
        list_type, list_keys: ``x-kubernetes-list-type`` and its keys, which change what equality and ``+`` mean.
        most: of text its longest length, of lists and maps their largest size; for estimates of cost.
    """

    kind: str
    params: tuple[Type, ...] = ()
    name: str = ""
    fields: Mapping[str, Field] | None = field(default=None, compare=False, hash=False)
    list_type: str = field(default="", compare=False, hash=False)
    list_keys: tuple[str, ...] = field(default=(), compare=False, hash=False)
    most: int | None = field(default=None, compare=False, hash=False)

    def __str__(self) -> str:
        """As error texts show it."""
        if self.kind in ("list", "map", "optional", "type"):
            head = "optional_type" if self.kind == "optional" else self.kind
            return f"{head}({', '.join(map(str, self.params))})"
        if self.kind == "error":
            return "!error!"
        return self.name or self.kind


BOOL, INT, UINT, DOUBLE = Type("bool"), Type("int"), Type("uint"), Type("double")
STRING, BYTES, NULL, DYN, ERROR = Type("string"), Type("bytes"), Type("null"), Type("dyn"), Type("error")
TIMESTAMP, DURATION, TYPE = Type("timestamp"), Type("duration"), Type("type", (DYN,))

_NULLABLE = frozenset(("object", "opaque", "optional", "timestamp", "duration", "null"))


def list_of(element: Type) -> Type:
    return Type("list", (element,))


def map_of(key: Type, value: Type) -> Type:
    return Type("map", (key, value))


def optional_of(inner: Type) -> Type:
    return Type("optional", (inner,))


def unwrap_optional(type: Type) -> tuple[Type, bool]:
    """What is inside of an optional, and whether it was one."""
    return (type.params[0], True) if type.kind == "optional" else (type, False)


_SIMPLE: dict[str, Type] = {
    **{one.kind: one for one in (BOOL, INT, UINT, DOUBLE, STRING, BYTES, NULL, DYN, TIMESTAMP, DURATION)},
    "type": TYPE,
}
_WORD = re.compile(r"\s*([\w./]+)")


@lru_cache(maxsize=512)
def parse_type(text: str) -> Type:
    """The type that a signature spells: ``list<string>``, ``A`` (a parameter), ``net.IP`` (opaque)."""
    found, rest = _parse(text)
    assert not rest.strip(), f"a type and nothing else: {text}"
    return found


def _parse(text: str) -> tuple[Type, str]:
    match = _WORD.match(text)
    assert match is not None, f"a type: {text}"
    word, rest = match[1], text[match.end() :]
    if word in ("list", "map", "optional") and rest.startswith("<"):
        params: list[Type] = []
        while rest[0] in "<,":
            param, rest = _parse(rest[1:])
            params.append(param)
        return Type(word, tuple(params)), rest[1:]
    if word in _SIMPLE:
        return _SIMPLE[word], rest
    return (Type("param", name=word) if len(word) == 1 else Type("opaque", name=word)), rest


class Bindings:
    """What type parameters have turned out to be, during the check of one expression."""

    def __init__(self) -> None:
        self._bound: dict[str, Type] = {}
        self._count = 0

    def fresh(self) -> Type:
        """A type that is not known yet."""
        self._count += 1
        return Type("param", name=f"_var{self._count}")

    def instantiate(self, types: Sequence[Type]) -> list[Type]:
        """The types of a signature with parameters of its own."""
        fresh: dict[str, Type] = {}

        def replace(type: Type) -> Type:
            if type.kind == "param":
                return fresh.setdefault(type.name, self.fresh())
            if not type.params:
                return type
            return _with_params(type, tuple(map(replace, type.params)))

        return list(map(replace, types))

    def resolve(self, type: Type, *, free_is_dyn: bool = False) -> Type:
        """A type with what is known put in."""
        if type.kind == "param":
            bound = self._bound.get(type.name)
            if bound is not None:
                return self.resolve(bound, free_is_dyn=free_is_dyn)
            return DYN if free_is_dyn else type
        if not type.params:
            return type
        return _with_params(type, tuple(self.resolve(param, free_is_dyn=free_is_dyn) for param in type.params))

    def assignable(self, first: Type, second: Type) -> bool:
        """Whether the two are compatible; learns what parameters are, unless they are not."""
        before = dict(self._bound)
        if self._unify(first, second):
            return True
        self._bound = before
        return False

    def all_assignable(self, first: Sequence[Type], second: Sequence[Type]) -> bool:
        if len(first) != len(second):
            return False
        before = dict(self._bound)
        if all(self._unify(one, other) for one, other in zip(first, second, strict=True)):
            return True
        self._bound = before
        return False

    def _unify(self, first: Type, second: Type) -> bool:
        first, second = self._shallow(first), self._shallow(second)
        if first.kind == "param" or second.kind == "param":
            return self._bind(first, second)
        if "dyn" in (first.kind, second.kind) or "error" in (first.kind, second.kind):
            return True
        if "null" in (first.kind, second.kind):
            return first.kind in _NULLABLE and second.kind in _NULLABLE
        if first.kind != second.kind or first.name != second.name:
            return False
        if first.kind == "type":
            return True
        pairs = zip(first.params, second.params, strict=True)
        return all(self._unify(one, other) for one, other in pairs)

    def _shallow(self, type: Type) -> Type:
        found = type
        while found.kind == "param" and found.name in self._bound:
            found = self._bound[found.name]
        return found

    def _bind(self, first: Type, second: Type) -> bool:
        if first == second:
            return True
        if first.kind != "param":
            first, second = second, first
        if self._occurs(first, second):
            return False
        self._bound[first.name] = second
        return True

    def _occurs(self, param: Type, inside: Type) -> bool:
        inside = self._shallow(inside)
        return inside == param or any(self._occurs(param, below) for below in inside.params)


def _with_params(type: Type, params: tuple[Type, ...]) -> Type:
    if params == type.params:
        return type
    return Type(type.kind, params, type.name, type.fields, type.list_type, type.list_keys, type.most)


def more_general(first: Type, second: Type) -> Type:
    """Of two compatible types the one that takes the other in."""
    if first.kind in ("dyn", "param"):
        return first
    if second.kind in ("dyn", "error") or first.kind == "null":
        return second
    return first


def contains_raw(type: Type) -> bool:
    """Whether JSON values of a type must be converted before an expression sees them."""
    if type.kind in ("timestamp", "duration", "bytes", "double", "int"):
        return True
    return type.kind in ("list", "map") and contains_raw(type.params[-1])
