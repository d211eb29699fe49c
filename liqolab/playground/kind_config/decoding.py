"""Strict decoding of YAML by a table of types, with the errors that Go's YAML library gives for the same text.

Problems are collected, each with its line, and told together; a key that the table does not know is one of them.
Scalars are lenient where Go's library is: any scalar will do for a text, and what has no value leaves the field as it
was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

_SHOWN: Final = 10
"""Characters of a value that Go's library shows; of a longer one the first seven."""

_STRING_TAG: Final = "!!str"
_BOOLEANS: Final = {
    **dict.fromkeys(("true", "yes", "on", "y"), True),
    **dict.fromkeys(("false", "no", "off", "n"), False),
}


class DecodingError(Exception):
    """The text is no YAML, or not of the type; the message is the library's."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A field with a single value; `name` is Go's: ``string``, ``bool`` or ``int32``."""

    name: str
    zero: Any


STRING: Final = Scalar("string", "")
BOOL: Final = Scalar("bool", False)
INT32: Final = Scalar("int32", 0)
_INT32_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with the fields of a table.

    Attributes:
        name: the Go type's, as errors show it.
        strict_name: the name in errors about unknown fields, where it differs.
        check: looks at the decoded value, may change it, and returns what is wrong with it, or nothing.
    """

    name: str
    fields: Mapping[str, Type]
    strict_name: str = ""
    check: Callable[[dict[str, Any]], str] | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list, or with `keyed` a mapping from texts, of one type."""

    of: Type
    keyed: bool = False


Type = Scalar | Struct | Items


def decode(text: str, type: Type, *, strict: bool = True) -> Any:
    """The first document of `text` as a value of `type`; fields that are not given are not in it.

    Raises:
        DecodingError: it is not YAML, not of this type, or (if `strict`) has unknown fields.
    """
    node = compose(text)
    reader = _Reader(strict)
    value = reader.read(node, type) if node is not None else None
    if reader.problems:
        raise DecodingError("yaml: unmarshal errors:\n" + "\n".join(f"  {each}" for each in reader.problems))
    return value


def compose(text: str) -> yaml.Node | None:
    """The nodes of the first document of `text`; None when it is empty.

    Raises:
        DecodingError: it is not YAML.
    """
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_node() if loader.check_node() else None
            return None if node is None else _Merged(loader).flattened(node)
        finally:
            loader.dispose()
    except yaml.reader.ReaderError:
        raise DecodingError("yaml: control characters are not allowed") from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise DecodingError(f"yaml: {line}{error.problem or error.context}") from None
    except RecursionError:
        raise DecodingError("yaml: exceeded max depth of 10000") from None


class _Merged:
    """Replaces ``<<`` keys by what they refer to, each mapping once."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._seen: set[int] = set()

    def flattened(self, node: yaml.Node) -> yaml.Node:
        if id(node) in self._seen:
            return node
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
                self._loader.flatten_mapping(node)
            for _, value in node.value:
                self.flattened(value)
        elif isinstance(node, yaml.SequenceNode):
            for value in node.value:
                self.flattened(value)
        return node


@dataclass(slots=True)
class _Reader:
    strict: bool
    problems: list[str] = field(default_factory=list)

    def read(self, node: yaml.Node, type: Type) -> Any:
        """The value of a node; None when it has none, or is of the wrong type, which is a problem then."""
        if _tag(node) == "!!null":
            return None
        if isinstance(type, Scalar):
            return self._scalar(node, type)
        if isinstance(type, Struct):
            return self._struct(node, type)
        return self._mapping(node, type) if type.keyed else self._list(node, type)

    def _scalar(self, node: yaml.Node, type: Scalar) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            return self._wrong(node, type)
        if type is STRING:
            return node.value
        if type is BOOL:
            known = _BOOLEANS.get(node.value.lower()) if node.style is None else None
            return self._wrong(node, type) if known is None else known
        return self._integer(node, type)

    def _integer(self, node: yaml.ScalarNode, type: Scalar) -> Any:
        if _tag(node) not in ("!!int", "!!float"):
            return self._wrong(node, type)
        number = yaml.safe_load(node.value)
        if not math.isfinite(number) or abs(number) > _INT32_MAX:
            return self._wrong(node, type)
        return int(number)

    def _struct(self, node: yaml.Node, type: Struct) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self._wrong(node, type)
        found: dict[str, Any] = {}
        before = len(self.problems)
        for key, value in self._entries(node):
            field_type = type.fields.get(key.value)
            if field_type is not None:
                found[key.value] = self.read(value, field_type)
            elif self.strict:
                name = type.strict_name or type.name
                self.problems.append(f"{_line(key)}: field {key.value} not found in type {name}")
        if type.check and len(self.problems) == before and (problem := type.check(found)):
            raise DecodingError(problem)
        return {key: value for key, value in found.items() if value is not None}

    def _mapping(self, node: yaml.Node, type: Items) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self._wrong(node, type)
        zero = type.of.zero if isinstance(type.of, Scalar) else None
        read = {key.value: self.read(value, type.of) for key, value in self._entries(node)}
        return {key: zero if value is None else value for key, value in read.items()}

    def _list(self, node: yaml.Node, type: Items) -> Any:
        if not isinstance(node, yaml.SequenceNode):
            return self._wrong(node, type)
        zero: Any = type.of.zero if isinstance(type.of, Scalar) else {}
        read = [self.read(item, type.of) for item in node.value]
        return [zero if item is None else item for item in read]

    def _entries(self, node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
        seen: dict[str, yaml.Node] = {}
        for key, _ in node.value:
            name = key.value
            if not isinstance(key, yaml.ScalarNode):
                self._wrong(key, STRING)
            elif name in seen:
                text = f'mapping key "{name}" already defined at {_line(seen[name])}'
                self.problems.append(f"{_line(key)}: {text}")
            else:
                seen[name] = key
        return [(key, value) for key, value in node.value if any(first is key for first in seen.values())]

    def _wrong(self, node: yaml.Node, type: Type) -> None:
        shown = ""
        if isinstance(node, yaml.ScalarNode):
            text = node.value if len(node.value) <= _SHOWN else node.value[: _SHOWN - 3] + "..."
            shown = f" `{text}`"
        self.problems.append(f"{_line(node)}: cannot unmarshal {_tag(node)}{shown} into {_go_name(type)}")


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _tag(node: yaml.Node) -> str:
    """The short tag, as Go's library resolves it: ``yes`` is a text to it unless a flag is wanted."""
    tag = node.tag.replace("tag:yaml.org,2002:", "!!")
    if tag == "!!bool" and node.value.lower() not in ("true", "false"):
        return _STRING_TAG
    return tag


def _go_name(type: Type) -> str:
    if isinstance(type, Items):
        return f"map[string]{_go_name(type.of)}" if type.keyed else f"[]{_go_name(type.of)}"
    return type.name
