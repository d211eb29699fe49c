"""``"%s is %d".format([a, b])``: the clauses are %s, %d, %f, %e, %b, %o, %x, %X and %%."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.values import Duration, Timestamp, TypeValue, format_double, type_name

UNEXPECTED_END: Final = "unexpected end of string"

_CLAUSE: Final = re.compile(r"%(?:\.(?P<precision>[0-9]*))?(?P<verb>.?)", re.DOTALL)
_DEFAULT_PRECISION: Final = 6
_MOST_PRECISION: Final = 1000
"""More digits than a number has, and few enough to print at once."""


def format_text(template: str, values: Sequence[Any]) -> str:
    """The template with its clauses filled in.

    Raises:
        EvaluationError: a clause is unknown, or its value is missing or of another type.
    """
    rest = iter(enumerate(values))

    def fill(match: re.Match[str]) -> str:
        verb = match["verb"]
        if verb == "%":
            return "%"
        if not verb:
            raise EvaluationError(UNEXPECTED_END)
        write = _VERBS.get(verb)
        if write is None:
            raise EvaluationError(f'unrecognized formatting clause "{verb}"')
        index, value = next(rest, (len(values), None))
        if index >= len(values):
            raise EvaluationError(f"index {index} out of range")
        return write(value, int(match["precision"] or _DEFAULT_PRECISION))

    return _CLAUSE.sub(fill, template)


def clauses(template: str) -> list[str]:
    """The verbs of a template in order.

    Raises:
        EvaluationError: one is unknown.
    """
    found = [match["verb"] for match in _CLAUSE.finditer(template) if match["verb"] != "%"]
    for verb in found:
        if not verb:
            raise EvaluationError(UNEXPECTED_END)
        if verb not in _VERBS:
            raise EvaluationError(f'unrecognized formatting clause "{verb}"')
    return found


_STRINGS: Final = (
    "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, "
    "and timestamps"
)
_SUPERSCRIPT: Final = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_PRINTABLE: Final = (
    *("string", "bool", "bytes", "int", "uint", "double"),
    *("map", "list", "type", "duration", "timestamp", "null"),
)
FORMATTED: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "s": (_STRINGS, _PRINTABLE),
    "d": ("decimal clause can only be used on integers", ("int", "uint")),
    "f": ("fixed-point clause can only be used on doubles", ("double",)),
    "e": ("scientific clause can only be used on doubles", ("double",)),
    "b": ("only integers and bools can be formatted as binary", ("int", "uint", "bool")),
    "o": ("octal clause can only be used on integers", ("int", "uint")),
    "x": ("only integers, byte buffers, and strings can be formatted as hex", ("int", "uint", "string", "bytes")),
    "X": ("only integers, byte buffers, and strings can be formatted as hex", ("int", "uint", "string", "bytes")),
}
"""Verb → what is said of a value that it cannot show, and the types that it can."""


def _text(value: Any, _: int = 0) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_double(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, TypeValue):
        return value.name
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    if isinstance(value, Mapping):
        rows = sorted((_quoted(key), _quoted(item)) for key, item in value.items())
        return "{" + ", ".join(f"{key}:{item}" for key, item in rows) + "}"
    if isinstance(value, str | int | Timestamp | Duration):
        return str(value)
    raise EvaluationError(f"error during formatting: {FORMATTED['s'][0]}, was given {type_name(value)}")


def _quoted(value: Any) -> str:
    """As an element of a list or map, where text stands in quotes."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Timestamp | Duration):
        return f'{"timestamp" if isinstance(value, Timestamp) else "duration"}("{value}")'
    return _text(value)


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise EvaluationError(f"{what} clause can only be used on integers, was given {type_name(value)}")
    return value


def _decimal(value: Any, _: int) -> str:
    return str(int(_whole(value, "decimal")))


def _float(letter: str, what: str) -> Callable[[Any, int], str]:
    def write(value: Any, precision: int) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            text = f"{what} clause can only be used on doubles, was given {type_name(value)}"
            raise EvaluationError(text)
        text = format(float(value), f".{min(precision, _MOST_PRECISION)}{letter}")
        mantissa, found, exponent = text.partition("e")
        return f"{mantissa}×10{exponent.lstrip('+').translate(_SUPERSCRIPT)}" if found else text

    return write


def _binary(value: Any, _: int) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if not isinstance(value, int):
        raise EvaluationError(f"only integers and bools can be formatted as binary, was given {type_name(value)}")
    return format(value, "b")


def _octal(value: Any, _: int) -> str:
    return format(_whole(value, "octal"), "o")


def _hexadecimal(upper: bool) -> Callable[[Any, int], str]:
    def write(value: Any, _: int) -> str:
        if isinstance(value, str | bytes):
            text = (value.encode() if isinstance(value, str) else value).hex()
        elif isinstance(value, int) and not isinstance(value, bool):
            text = format(value, "x")
        else:
            text = "only integers, byte buffers, and strings can be formatted as hex, was given "
            raise EvaluationError(text + type_name(value))
        return text.upper() if upper else text

    return write


_VERBS: Final[dict[str, Callable[[Any, int], str]]] = {
    "s": _text,
    "d": _decimal,
    "f": _float("f", "fixed-point"),
    "e": _float("e", "scientific"),
    "b": _binary,
    "o": _octal,
    "x": _hexadecimal(False),
    "X": _hexadecimal(True),
}
