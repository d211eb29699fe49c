"""Texts beyond the standard: https://pkg.go.dev/github.com/google/cel-go/ext#Strings, version 2, but for `format`."""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.kube.cel.errors import EvaluationError, no_overload
from liqolab.kube.cel.functions import both, declare, traversal
from liqolab.kube.cel.library.formatting import format_text

_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}

declare("string:lowerAscii() -> string", cost=traversal)(lambda text: text.translate(_LOWER))
declare("string:upperAscii() -> string", cost=traversal)(lambda text: text.translate(_UPPER))
declare("string:trim() -> string", cost=traversal)(lambda text: text.strip())
declare("string:format(list<dyn>) -> string", cost=both)(format_text)


def _inside(index: int, text: str) -> int:
    """Raises:
    EvaluationError: beyond the text.
    """
    if not 0 <= index <= len(text):
        raise EvaluationError(f"index out of range: {index}")
    return index


@declare("string:charAt(int) -> string")
def char_at(text: str, index: int) -> str:
    return text[_inside(index, text) :][:1]


@declare("string:indexOf(string) -> int", "string:indexOf(string, int) -> int", cost=both)
def index_of(text: str, part: str, start: int = 0) -> int:
    if start < 0:
        raise EvaluationError(f"index out of range: {start}")
    return text.find(part, start) if start < len(text) else -1


@declare("string:lastIndexOf(string) -> int", "string:lastIndexOf(string, int) -> int", cost=both)
def last_index_of(text: str, part: str, start: int | None = None) -> int:
    """The last place that begins at `start` or before."""
    if start is None:
        return text.rfind(part)
    return text.rfind(part, 0, _inside(start, text) + len(part))


@declare("list<string>:join() -> string", "list<string>:join(string) -> string", cost=both)
def join(items: Sequence[str], separator: str = "") -> str:
    if not all(isinstance(item, str) for item in items):
        raise no_overload()
    return separator.join(items)


@declare("string:replace(string, string) -> string", "string:replace(string, string, int) -> string", cost=both)
def replace(text: str, old: str, new: str, most: int = -1) -> str:
    return text.replace(old, new, most)


@declare("string:split(string) -> list<string>", "string:split(string, int) -> list<string>", cost=traversal)
def split(text: str, separator: str, most: int = -1) -> list[str]:
    if most == 0:
        return []
    pieces = most - 1 if most > 0 else -1
    if separator:
        return text.split(separator, pieces)
    return list(text) if pieces < 0 or len(text) <= most else [*text[:pieces], text[pieces:]]


@declare("string:substring(int) -> string", "string:substring(int, int) -> string", cost=traversal)
def substring(text: str, start: int, end: int | None = None) -> str:
    if end is None:
        return text[_inside(start, text) :]
    if start > end:
        raise EvaluationError(f"invalid substring range. start: {start}, end: {end}")
    return text[_inside(start, text) : _inside(end, text)]


_QUOTED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_QUOTED |= {"\\": "\\\\", '"': '\\"'}


@declare("strings.quote(string) -> string", cost=traversal)
def quote(text: str) -> str:
    return '"' + "".join(_QUOTED.get(character, character) for character in text) + '"'
