"""YAML with the place of every value, so that a rule can say in which line and column something is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from liqolab.author.lint.rule import Spot

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAXIMUM_NODES = 20_000
_MAXIMUM_DEPTH = 100


@dataclass(slots=True)
class Marked:
    """One value and where it begins, counted from 1.

    `value` is a plain scalar, a list of `Marked`, or a dict of `Marked`; for a dict, `keys` has the places of its keys.
    """

    value: Any
    line: int
    column: int
    keys: dict[str, tuple[int, int]]

    def get(self, key: str) -> Marked | None:
        """The value under a key; None where there is none, or where this is no map."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found if isinstance(found, Marked) else None

    def at(self, path: Sequence[str | int]) -> Marked:
        """The value at a path of keys and places in lists, which has to be there."""
        found = self
        for part in path:
            found = found.value[part]
        return found

    def text(self, key: str) -> Marked | None:
        """The value under a key, where that is a text."""
        found = self.get(key)
        return found if found is not None and isinstance(found.value, str) else None

    def listed(self, key: str) -> list[Marked]:
        """The elements of the list under a key; none where there is no list."""
        found = self.get(key)
        return found.items if found is not None else []

    @property
    def items(self) -> list[Marked]:
        """The elements of a list; none where this is something else."""
        return self.value if isinstance(self.value, list) else []

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: part.plain() for key, part in self.value.items()}
        return [part.plain() for part in self.value] if isinstance(self.value, list) else self.value


class MarkedError(ValueError):
    """A text that is not YAML, or YAML that nobody should write; `spot` says where and why."""

    def __init__(self, spot: Spot) -> None:
        super().__init__(spot.message)
        self.spot = spot


def load_all(text: str) -> list[Marked]:
    """All documents of a text; empty ones are left out.

    Raises:
        MarkedError: it is not YAML, a key stands twice, or aliases make it huge.
    """
    reader = _Reader()
    try:
        return [reader.marked(node) for node in compose_all(text)]
    except RecursionError:
        raise MarkedError(Spot(1, 1, "it refers to itself, or is nested too deeply")) from None


def load_map(text: str) -> Marked:
    """The one document of a text, which is a map.

    Raises:
        MarkedError: it is something else.
    """
    documents = load_all(text)
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        raise MarkedError(Spot(1, 1, "this is not one map of keys"))
    return documents[0]


def compose_all(text: str) -> list[yaml.Node]:
    """The nodes of all documents of a text; empty ones are left out.

    Raises:
        MarkedError: it is not YAML, or nested too deeply.
    """
    try:
        _check_depth(text)
        return [node for node in yaml.compose_all(text, Loader=_LOADER) if node is not None]
    except yaml.MarkedYAMLError as error:
        place = _place(error.problem_mark or error.context_mark, text)
        raise MarkedError(Spot(*place, f"not YAML: {error.problem or error.context or 'it cannot be read'}")) from None
    except yaml.YAMLError as error:
        raise MarkedError(Spot(1, 1, f"not YAML: {str(error).splitlines()[0]}")) from None


def _place(mark: Any, text: str) -> tuple[int, int]:
    """Line and column of a mark; of what ends too early, the end, and not the line after it that some parsers name."""
    if mark is None:
        return 1, 1
    lines = text.splitlines() or [""]
    return (mark.line + 1, mark.column + 1) if mark.line < len(lines) else (len(lines), len(lines[-1]) + 1)


def _check_depth(text: str) -> None:
    """Refuse what no version of the library would take: where each of them gives up, and whether it does, differs."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAXIMUM_DEPTH:
            message = f"not YAML that anybody could read: it is nested more than {_MAXIMUM_DEPTH} deep"
            raise MarkedError(Spot(*_place(event.start_mark, text), message))


class _Reader:
    """Turns nodes into values, and counts them: nine aliases of nine aliases are a bomb."""

    def __init__(self) -> None:
        self._count = 0

    def marked(self, node: yaml.Node) -> Marked:
        line, column = node.start_mark.line + 1, node.start_mark.column + 1
        self._count += 1
        if self._count > _MAXIMUM_NODES:
            raise MarkedError(Spot(line, column, f"it has more than {_MAXIMUM_NODES} values; are aliases nested?"))
        if isinstance(node, yaml.MappingNode):
            return self._map(node, line, column)
        if isinstance(node, yaml.SequenceNode):
            return Marked([self.marked(part) for part in node.value], line, column, {})
        return Marked(_scalar(node), line, column, {})

    def _map(self, node: yaml.MappingNode, line: int, column: int) -> Marked:
        values: dict[str, Marked] = {}
        places: dict[str, tuple[int, int]] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else str(key_node.tag)
            place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key in values:
                raise MarkedError(Spot(*place, f'the key "{key}" stands twice; only the last one counts'))
            values[key], places[key] = self.marked(value_node), place
        return Marked(values, line, column, places)


def _scalar(node: yaml.Node) -> Any:
    """The value as YAML 1.1 types it; a text where it cannot be typed (an impossible date)."""
    try:
        loader = yaml.SafeLoader("")
        return loader.construct_object(node)
    except (ValueError, yaml.YAMLError):
        return str(node.value)
