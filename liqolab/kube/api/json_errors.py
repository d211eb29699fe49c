"""JSON read with the words of a real server for what is wrong with it.

orjson reads; only a document that it refuses is read again, by the standard library, whose errors say enough about the
place to name the problem as Go's decoder does. Nearly all of it: where the two differ in what they look at first, the
text is a neighbour's.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import orjson

KINDS: Final = {str: "string", bool: "bool", int: "number", float: "number", dict: "object", list: "array"}
_END: Final = "unexpected end of JSON input"
_LITERALS: Final = ("true", "false", "null")
_PLACES: Final = {
    "Expecting property name enclosed in double quotes": "looking for beginning of object key string",
    "Expecting ':' delimiter": "after object key",
    "Extra data": "after top-level value",
    "Invalid control character at": "in string literal",
    "Invalid \\escape": "in string escape code",
    "Invalid \\uXXXX escape": "in \\u hexadecimal character escape",
}
_NUMBER: Final = re.compile(r"-[^0-9]")


def kind_of(value: Any) -> str:
    """What JSON calls a value: object, array, string, number, bool or null."""
    return KINDS.get(type(value), "null")


def loads(raw: bytes, target: str) -> dict[str, Any]:
    """An object; null is an empty one.

    Args:
        raw: the document.
        target: the Go type that a real server reads it into, for the error.

    Raises:
        ValueError: it is no JSON, or something else.
    """
    value = parse(raw)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"json: cannot unmarshal {kind_of(value)} into Go value of type {target}")
    return value


def parse(raw: bytes) -> Any:
    """Any document.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        pass
    text = raw.decode("utf-8", "surrogateescape")
    try:
        json.loads(text, parse_constant=_no_constant)
        # What orjson alone refused are bytes that are no text: they become the replacement character.
        return json.loads(raw.decode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        raise ValueError(_explain(text, error)) from None
    except RecursionError:
        raise ValueError("exceeded max depth") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"invalid character {_quoted(name.removeprefix('-')[0])} looking for beginning of value")


def _explain(text: str, error: json.JSONDecodeError) -> str:
    at = error.pos
    rest = text[at:]
    if not rest.strip() or error.msg.startswith("Unterminated string"):
        return _END
    if match := _NUMBER.match(rest):
        return f"invalid character {_quoted(match.group()[1])} in numeric literal"
    for literal in _LITERALS:
        common = _common(rest, literal)
        if common:
            found = rest[common : common + 1] or " "
            return f"invalid character {_quoted(found)} in literal {literal} (expecting {_quoted(literal[common])})"
    if error.msg.startswith("Expecting ',' delimiter"):
        inside = "array element" if _in_array(text[:at]) else "object key:value pair"
        return f"invalid character {_quoted(rest[0])} after {inside}"
    place = next((place for start, place in _PLACES.items() if error.msg.startswith(start)), "")
    return f"invalid character {_quoted(rest[0])} {place or 'looking for beginning of value'}"


def _common(text: str, literal: str) -> int:
    """How far `text` is the beginning of `literal`, of which it is not the whole."""
    count = 0
    while count < len(literal) and text[count : count + 1] == literal[count]:
        count += 1
    return count if count < len(literal) else 0


def _in_array(before: str) -> bool:
    """Whether the innermost bracket that is open at the end of `before` is a list's."""
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", before)
    depth = 0
    for character in reversed(outside):
        if character in "]}":
            depth += 1
        elif character in "[{":
            if not depth:
                return character == "["
            depth -= 1
    return False


def _quoted(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        # A byte that is no text: Go shows it as the character of that number.
        character = chr(code - 0xDC00)
    special = {"'": r"'\''", '"': "'\"'", "\n": r"'\n'", "\t": r"'\t'", "\r": r"'\r'", "\0": r"'\x00'"}
    return special.get(character, f"'{character}'")
