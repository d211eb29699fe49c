"""The table of functions: a signature and what it does, which checker and planner look up alike.

A library is a module of functions below `declare`. A function gets its arguments, the receiver first; where an
argument's type was unknown to the checker, the variant is chosen by the values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from liqolab.kube.cel.types import Type, parse_type
from liqolab.kube.cel.values import size_of

Implementation = Callable[..., Any]
F = TypeVar("F", bound=Implementation)

Cost = Callable[[tuple[Any, ...]], int]
"""What a call costs, by its arguments."""


@dataclass(frozen=True, slots=True)
class Overload:
    """One variant of a function.

    Attributes:
        member: whether it is called on a receiver, which is the first of `params`.
        params, result: types.
        call: what it does.
        cost: what that costs; None is one unit.
    """

    member: bool
    params: tuple[Type, ...]
    result: Type
    call: Implementation
    cost: Cost | None = None


FUNCTIONS: dict[str, list[Overload]] = {}

LIBRARIES = ("standard", "times", "optionals", "strings", "lists", "sets", "net", "quantities", "semver", "formats")
"""Modules of `library` that are there for every expression; the authorizer's is loaded with them."""


def _split(text: str) -> list[str]:
    parts: list[str] = []
    depth = 0
    current = ""
    for character in text:
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    return [part.strip() for part in [*parts, current] if part.strip()]


def declare(*signatures: str, cost: Cost | None = None) -> Callable[[F], F]:
    """Put a function into the table, a row for each signature. What stands before a ``:`` is the type of the receiver:
    ``string:split(string) -> list<string>``.
    """

    def register(function: F) -> F:
        for signature in signatures:
            head, _, result = signature.rpartition(" -> ")
            head, _, arguments = head.rstrip(")").partition("(")
            receiver, colon, name = head.rpartition(":") if ":" in head and "?_:_" not in head else ("", "", head)
            spelled = [*([receiver] if colon else []), *_split(arguments)]
            params = tuple(map(parse_type, spelled))
            row = Overload(bool(colon), params, parse_type(result), function, cost)
            FUNCTIONS.setdefault(name, []).append(row)
        return function

    return register


@cache
def load() -> dict[str, list[Overload]]:
    """The table with all libraries in it."""
    for library in (*LIBRARIES, "authorizer"):
        import_module(f"liqolab.kube.cel.library.{library}")
    return FUNCTIONS


# --- costs, in units of https://github.com/google/cel-go: a step is one, ten characters are one ---------------------


def _tenth(size: int) -> int:
    return -(-size // 10)


def traversal(args: tuple[Any, ...]) -> int:
    """The first argument is walked over."""
    return _tenth(size_of(args[0]))


def both(args: tuple[Any, ...]) -> int:
    """All arguments are copied."""
    return _tenth(sum(map(size_of, args)))


def each(args: tuple[Any, ...]) -> int:
    """Every element of the first argument is looked at."""
    return size_of(args[0])


def product(args: tuple[Any, ...]) -> int:
    """The second argument is looked for everywhere in the first."""
    return _tenth(size_of(args[0])) * _tenth(size_of(args[1]))


def pattern(args: tuple[Any, ...]) -> int:
    """A regular expression, whose states are guessed from its length, over a text."""
    return _tenth(1 + size_of(args[0])) * -(-size_of(args[1]) // 4)


def crossed(args: tuple[Any, ...]) -> int:
    """Every element of one list against every one of the other."""
    return size_of(args[0]) * size_of(args[1])
