"""Constants that cannot be what they are taken for: found once the types of an expression are known to fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from liqolab.kube.cel import syntax
from liqolab.kube.cel.errors import EvaluationError, Issue
from liqolab.kube.cel.library.formatting import FORMATTED, UNEXPECTED_END, clauses
from liqolab.kube.cel.library.times import parse_duration, parse_timestamp
from liqolab.kube.cel.regexes import compiled
from liqolab.kube.cel.types import Type

_PARSERS: Final[dict[str, Callable[[str], Any]]] = {
    "duration": parse_duration,
    "timestamp": parse_timestamp,
    "matches": compiled,
}


def literal_issues(nodes: Sequence[syntax.Node]) -> Iterator[Issue]:
    """What is wrong with the constants of a checked expression.

    Args:
        nodes: all of its parts.
    """
    formatted = {id(node.args[0]) for node in nodes if isinstance(node, syntax.Call) and _is_format(node)}
    for node in nodes:
        if isinstance(node, syntax.Call):
            yield from _argument(node)
            if _is_format(node):
                yield from _format(node)
        elif isinstance(node, syntax.ListLiteral) and id(node) not in formatted:
            yield from _alike([item for optional, item in node.items if not optional])
        elif isinstance(node, syntax.MapLiteral):
            yield from _alike([key for _, key, _ in node.entries])
            yield from _alike([value for optional, _, value in node.entries if not optional])


def _is_format(node: syntax.Call) -> bool:
    if node.function != "format" or len(node.args) != 1:
        return False
    return isinstance(node.target, syntax.Literal) and isinstance(node.args[0], syntax.ListLiteral)


def _argument(node: syntax.Call) -> Iterator[Issue]:
    parse = _PARSERS.get(node.function)
    literal = node.args[-1] if node.args else None
    if parse is None or not isinstance(literal, syntax.Literal) or not isinstance(literal.value, str):
        return
    try:
        parse(literal.value)
    except EvaluationError:
        yield Issue(literal.offset, f"invalid {node.function} argument")


def _alike(nodes: Iterable[syntax.Node]) -> Iterator[Issue]:
    """Elements of a literal must be of one type."""
    first: Type | None = None
    for node in nodes:
        found = node.type
        if found is None or found.kind == "dyn":
            continue
        if first is None:
            first = found
        elif found != first and not _empty(found, first):
            yield Issue(node.offset, f"expected type '{first}' but found '{found}'")
            return


def _empty(one: Type, other: Type) -> bool:
    """Whether one is a list or map without elements, or with elements of any type, and the other of its kind."""
    return one.kind == other.kind and any(param.kind == "dyn" for param in (*one.params, *other.params))


def _format(node: syntax.Call) -> Iterator[Issue]:
    target, items = node.target, node.args[0]
    assert isinstance(target, syntax.Literal), "the caller has looked"
    assert isinstance(items, syntax.ListLiteral), "the caller has looked"
    try:
        verbs = clauses(target.value)
    except EvaluationError as error:
        head = "" if str(error) == UNEXPECTED_END else "could not parse formatting clause: "
        yield Issue(node.offset, f"{head}{error}")
        return
    for index, verb in enumerate(verbs):
        if index >= len(items.items):
            yield Issue(node.offset, f"index {index} out of range")
            return
        item = items.items[index][1]
        text, kinds = FORMATTED[verb]
        if item.type is not None and item.type.kind not in (*kinds, "dyn"):
            yield Issue(item.offset, f"error during formatting: {text}, was given {_name(item.type)}")


def _name(type: Type) -> str:
    return {"optional": "optional_type", "null": "null_type"}.get(type.kind) or type.name or type.kind
