r"""JSONPath in the dialect of client-go: printer columns, selectable fields and ``-o jsonpath`` speak it.

It differs from the JSONPath of RFC 9535 where it hurts: dots in field names are escaped (``.labels.liqo\.io/x``), a
leading ``$`` is optional, filters look only one level up (``[?(@.type=="Ready")]``), and a template may mix paths in
braces with text and ``{range}…{end}``. Fields that do not exist yield nothing instead of an error, as the API server
and ``kubectl get`` have it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Step = Callable[[Any], Iterator[Any]]
"""One step of a path: from a value to the values it leads to."""


class JsonPathError(ValueError):
    """A path or template that cannot be understood."""


class JsonPath:
    """A path (``.spec.foo``, ``{.spec.foo}``) or a template with paths in braces. Immutable; parse once, use often."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._nodes = _compile(text if "{" in text else "{" + text + "}")

    def find(self, obj: Any) -> list[Any]:
        """All values that the paths lead to, in order; an empty list if there are none."""
        return [value for node in self._nodes for value in node.values(obj, obj)]

    def render(self, obj: Any) -> str:
        """The template as text: several values of a path are joined by a space, objects and lists print as JSON."""
        return "".join(node.text(obj, obj) for node in self._nodes)

    def __repr__(self) -> str:
        return f"JsonPath({self.text!r})"


@dataclass(frozen=True, slots=True)
class _Text:
    """Text between the braces, or a quoted string inside of them."""

    content: str

    def values(self, _root: Any, _current: Any) -> Iterator[Any]:
        return iter(())

    def text(self, _root: Any, _current: Any) -> str:
        return self.content


@dataclass(frozen=True, slots=True)
class _Path:
    steps: tuple[Step, ...]
    from_root: bool = False

    def values(self, root: Any, current: Any) -> Iterator[Any]:
        found = [root if self.from_root else current]
        for step in self.steps:
            found = [value for source in found for value in step(source)]
        return iter(found)

    def text(self, root: Any, current: Any) -> str:
        return " ".join(map(format_value, self.values(root, current)))


@dataclass(frozen=True, slots=True)
class _Range:
    path: _Path
    body: tuple[_Text | _Path | _Range, ...]

    def values(self, root: Any, current: Any) -> Iterator[Any]:
        for item in self.path.values(root, current):
            for node in self.body:
                yield from node.values(root, item)

    def text(self, root: Any, current: Any) -> str:
        items = self.path.values(root, current)
        return "".join(node.text(root, item) for item in items for node in self.body)


_Node = _Text | _Path | _Range


def format_value(value: Any) -> str:
    """A result as text: strings bare, everything else as compact JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_BRACES = re.compile(r"""\{((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^"'{}])*)\}""", re.DOTALL)


@lru_cache(maxsize=512)
def _compile(template: str) -> tuple[_Node, ...]:
    stack: list[tuple[_Path | None, list[_Node]]] = [(None, [])]
    at = 0
    for match in _BRACES.finditer(template):
        _add_text(stack[-1][1], template[at : match.start()])
        at = match.end()
        inner = match[1].strip()
        if inner == "end":
            if len(stack) == 1:
                raise JsonPathError("not in range, nothing to end")
            path, body = stack.pop()
            assert path is not None
            stack[-1][1].append(_Range(path, tuple(body)))
        elif inner.startswith("range "):
            stack.append((_parse_path(inner[6:].strip()), []))
        else:
            stack[-1][1].extend(_actions(inner))
    _add_text(stack[-1][1], template[at:])
    if len(stack) > 1:
        raise JsonPathError("unterminated range")
    return tuple(stack[0][1])


def _add_text(nodes: list[_Node], text: str) -> None:
    if "{" in text:
        raise JsonPathError("unclosed action")
    if text:
        nodes.append(_Text(text))


def _actions(inner: str) -> Iterator[_Node]:
    """What stands in one pair of braces: paths and quoted strings, one after the other."""
    parser = _PathParser(inner)
    while not parser.done():
        quoted = parser.quoted()
        yield _Text(quoted) if quoted is not None else parser.path()


def _parse_path(text: str) -> _Path:
    parser = _PathParser(text)
    path = parser.path()
    if not parser.done():
        raise JsonPathError(f"unrecognized character in {text!r} at {parser.rest()!r}")
    return path


_FIELD = re.compile(r"(?:[^\\\s.\[\]\"'$@|,(){}=!<>]|\\.)+")
_QUOTED = re.compile(r""""((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'""", re.DOTALL)
_SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(-?\d*))?")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_COMPARISON = re.compile(r"==|!=|<=|>=|<|>|=")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


def _unquote(match: re.Match[str]) -> str:
    text = match[1] if match[1] is not None else match[2]
    return _ESCAPE.sub(lambda found: _ESCAPED_LETTERS.get(found[1], found[1]), text)


class _PathParser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def done(self) -> bool:
        self._skip_space()
        return self._at >= len(self._text)

    def rest(self) -> str:
        return self._text[self._at :]

    def _skip_space(self) -> None:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1

    def _take(self, prefix: str) -> bool:
        if self._text.startswith(prefix, self._at):
            self._at += len(prefix)
            return True
        return False

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match

    def quoted(self) -> str | None:
        self._skip_space()
        match = self._match(_QUOTED)
        return _unquote(match) if match else None

    def path(self) -> _Path:
        """A path up to a space, or to what cannot belong to it."""
        start = self._at
        from_root = self._take("$")
        if not from_root:
            self._take("@")
        steps: list[Step] = []
        if field := self._match(_FIELD):
            steps.append(_field(_plain(field[0])))
        while step := self._step():
            steps.append(step)
        if self._at == start:
            raise JsonPathError(f"unrecognized character in action: {self.rest()[:1]!r}")
        return _Path(tuple(steps), from_root)

    def _step(self) -> Step | None:
        if self._take(".."):
            if self._take("*") or self._text[self._at : self._at + 1] in ("", "["):
                return _descend("")
            field = self._match(_FIELD)
            if not field:
                raise JsonPathError("a field must follow '..'")
            return _descend(_plain(field[0]))
        if self._take("."):
            if self._take("*"):
                return _wildcard
            field = self._match(_FIELD)
            return _field(_plain(field[0])) if field else _self
        if self._take("["):
            return self._bracket()
        return None

    def _bracket(self) -> Step:
        self._skip_space()
        if self._take("?("):
            step = self._filter()
            self._expect(")")
            self._expect("]")
            return step
        members = [self._member()]
        self._skip_space()
        while self._take(","):
            members.append(self._member())
            self._skip_space()
        self._expect("]")
        return members[0] if len(members) == 1 else _union(members)

    def _member(self) -> Step:
        self._skip_space()
        if self._take("*"):
            return _wildcard
        if (name := self.quoted()) is not None:
            return _field(name)
        if match := self._match(_SLICE):
            bounds = [int(part) if part else None for part in match.groups()]
            if bounds[2] is not None and bounds[2] <= 0:
                raise JsonPathError("step must be > 0")
            return _slice(slice(*bounds))
        if match := self._match(_NUMBER):
            return _index(int(match[0]))
        if match := self._match(_FIELD):
            return _field(_plain(match[0]))
        raise JsonPathError(f"invalid array index {self.rest()}")

    def _expect(self, text: str) -> None:
        self._skip_space()
        if not self._take(text):
            raise JsonPathError(f"unterminated array or filter: {text!r} expected at {self.rest()!r}")

    def _filter(self) -> Step:
        left = self._operand()
        self._skip_space()
        operator = self._match(_COMPARISON)
        if operator is None:
            return _filter(left, "exists", left)
        return _filter(left, operator[0], self._operand())

    def _operand(self) -> _Path | Sequence[Any]:
        """A path, or a constant as a list of one value."""
        self._skip_space()
        if (text := self.quoted()) is not None:
            return [text]
        if number := self._match(_NUMBER):
            return [float(number[0]) if any(c in number[0] for c in ".eE") else int(number[0])]
        for word, value in (("true", True), ("false", False)):
            if self._take(word):
                return [value]
        return self.path()


def _plain(field: str) -> str:
    return _ESCAPE.sub(r"\1", field) if "\\" in field else field


def _self(value: Any) -> Iterator[Any]:
    yield value


def _field(name: str) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, dict) and name in value:
            yield value[name]

    return step


def _index(position: int) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list) and -len(value) <= position < len(value):
            yield value[position]

    return step


def _slice(bounds: slice) -> Step:
    def step(value: Any) -> Iterator[Any]:
        if isinstance(value, list):
            yield from value[bounds]

    return step


def _union(members: list[Step]) -> Step:
    def step(value: Any) -> Iterator[Any]:
        for member in members:
            yield from member(value)

    return step


def _wildcard(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _descend(name: str) -> Step:
    """The values of a field at any depth; of every depth, if `name` is empty."""

    def step(value: Any) -> Iterator[Any]:
        if not name:
            yield value
        elif isinstance(value, dict) and name in value:
            yield value[name]
        for child in _wildcard(value):
            yield from step(child)

    return step


def _filter(left: _Path | Sequence[Any], operator: str, right: _Path | Sequence[Any]) -> Step:
    def step(value: Any) -> Iterator[Any]:
        for item in _wildcard(value):
            if _holds(_operand_values(left, item), operator, _operand_values(right, item)):
                yield item

    return step


def _operand_values(operand: _Path | Sequence[Any], item: Any) -> Sequence[Any]:
    return list(operand.values(item, item)) if isinstance(operand, _Path) else operand


def _holds(left: Sequence[Any], operator: str, right: Sequence[Any]) -> bool:
    if operator == "exists":
        return bool(left)
    if not left or not right:
        return False
    one, other = left[0], right[0]
    if operator in ("==", "="):
        return bool(one == other)
    if operator == "!=":
        return bool(one != other)
    if isinstance(one, str) is not isinstance(other, str):
        return False
    try:
        return bool({"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator])
    except TypeError:
        return False
