"""Macros: what looks like a call and is more, because it binds variables or looks at the form of its argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from liqolab.kube.cel import syntax

Macro = Callable[[int, syntax.Node | None, list[syntax.Node]], syntax.Node | None]
"""Gets the offset of the call, its receiver and its arguments; None leaves the call as it is."""

_SIMPLE_NAME: Final = "argument must be a simple name"


class MacroError(Exception):
    """An argument is not of the form that the macro needs."""

    def __init__(self, offset: int, text: str) -> None:
        self.offset, self.text = offset, text
        super().__init__(text)


def _variable(node: syntax.Node, text: str = _SIMPLE_NAME) -> str:
    if not isinstance(node, syntax.Ident) or node.name.startswith("."):
        raise MacroError(node.offset, text)
    return node.name


def _has(offset: int, _: syntax.Node | None, args: list[syntax.Node]) -> syntax.Node:
    argument = args[0]
    if not isinstance(argument, syntax.Select) or argument.test or argument.optional:
        raise MacroError(argument.offset, "invalid argument to has() macro")
    return syntax.Select(offset, argument.operand, argument.name, test=True)


def _one(macro: str) -> Macro:
    def expand(offset: int, target: syntax.Node | None, args: list[syntax.Node]) -> syntax.Node:
        assert target is not None, "the table asks for a receiver"
        condition = args[1] if len(args) == 3 else None
        return syntax.Comprehension(offset, macro, target, [_variable(args[0])], condition, args[-1])

    return expand


def _two(macro: str) -> Macro:
    def expand(offset: int, target: syntax.Node | None, args: list[syntax.Node]) -> syntax.Node:
        assert target is not None, "the table asks for a receiver"
        names = [_variable(args[0]), _variable(args[1])]
        if names[0] == names[1]:
            raise MacroError(args[1].offset, f"duplicate variable name: {names[1]}")
        condition = args[2] if len(args) == 4 else None
        return syntax.Comprehension(offset, macro, target, names, condition, args[-1])

    return expand


def _optional(flat: bool) -> Macro:
    def expand(offset: int, target: syntax.Node | None, args: list[syntax.Node]) -> syntax.Node:
        assert target is not None, "the table asks for a receiver"
        name = _variable(args[0], f"{'optFlatMap' if flat else 'optMap'}() variable name must be a simple identifier")
        return syntax.OptionalMap(offset, target, name, args[1], flat)

    return expand


MACROS: Final[dict[tuple[str, bool, int], Macro]] = {
    ("has", False, 1): _has,
    **{(name, True, 2): _one(name) for name in ("all", "exists", "map", "filter")},
    **{(name, True, 2): _one("exists_one") for name in ("exists_one", "existsOne")},
    ("map", True, 3): _one("map"),
    **{(name, True, 3): _two(name) for name in ("all", "exists", "transformList", "transformMap", "transformMapEntry")},
    **{(name, True, 3): _two("exists_one") for name in ("exists_one", "existsOne")},
    **{(name, True, 4): _two(name) for name in ("transformList", "transformMap", "transformMapEntry")},
    ("optMap", True, 2): _optional(False),
    ("optFlatMap", True, 2): _optional(True),
}
"""(name, whether it has a receiver, number of arguments) → macro."""
