"""How the API server says what is wrong with a field: one constructor a cause, values as Go prints them.

Texts follow ``k8s.io/apimachinery/pkg/util/validation/field`` of 1.34: plain values in Go's notation, everything with a
structure (lists, maps, selectors, templates) as Go's JSON encoder writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from liqolab.apimachinery.errors import FieldError
from liqolab.kube.kinds.internal_types import as_json, internal

IMMUTABLE = "field is immutable"
NOT_NEGATIVE = "must be greater than or equal to 0"
NOT_POSITIVE = "must be greater than 0"
NOT_INTEGER = "must be an integer"

WHOLE = "[]"
"""The path of an error that is about the object as a whole: how Go prints a path without a name."""

_ESCAPES = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}
_ESCAPES |= {'"': r"\"", "\\": r"\\"}


class Internal:
    """A value that is printed as one of the server's own types, ``core.Toleration`` (see `internal_types`)."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value


def quoted(text: str) -> str:
    """A string as ``%q`` prints it."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    number = ord(character)
    if number < 0x80:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def go(value: Any) -> str:
    """A value as it stands in an error text."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Internal):
        return as_json(internal(value.name, value.value))
    return as_json({key: value[key] for key in sorted(value)} if isinstance(value, dict) else value)


def selector_value(selector: Mapping[str, Any] | None) -> Any:
    """A label selector, for `invalid_value`."""
    return Internal("*meta.LabelSelector", selector)


def required(field: str, detail: str = "") -> FieldError:
    return FieldError(field, "FieldValueRequired", f"Required value: {detail}" if detail else "Required value")


def invalid_value(field: str, value: Any, detail: str = "") -> FieldError:
    shown = f"Invalid value: {go(value)}"
    return FieldError(field, "FieldValueInvalid", f"{shown}: {detail}" if detail else shown)


def type_invalid(field: str, value: Any, detail: str) -> FieldError:
    return FieldError(field, "FieldValueTypeInvalid", f"Invalid value: {go(value)}: {detail}")


def each_invalid(field: str, value: Any, details: Iterable[str]) -> list[FieldError]:
    """One error for each text that a validator of names returned."""
    return [invalid_value(field, value, detail) for detail in details]


def not_supported(field: str, value: Any, supported: Iterable[str]) -> FieldError:
    listed = ", ".join(map(quoted, supported))
    return FieldError(field, "FieldValueNotSupported", f"Unsupported value: {go(value)}: supported values: {listed}")


def one_of(field: str, value: Any, supported: Iterable[str]) -> list[FieldError]:
    """An error if `value` is not among `supported`, which must be in the order in which they are listed."""
    return [] if value in supported else [not_supported(field, value, supported)]


def forbidden_field(field: str, detail: str) -> FieldError:
    return FieldError(field, "FieldValueForbidden", f"Forbidden: {detail}")


def duplicate(field: str, value: Any, detail: str = "") -> FieldError:
    shown = f"Duplicate value: {go(value)}"
    return FieldError(field, "FieldValueDuplicate", f"{shown}: {detail}" if detail else shown)


def missing(field: str, value: Any, detail: str = "") -> FieldError:
    shown = f"Not found: {go(value)}"
    return FieldError(field, "FieldValueNotFound", f"{shown}: {detail}" if detail else shown)


def too_long(field: str, limit: int) -> FieldError:
    unit = "byte" if limit == 1 else "bytes"
    return FieldError(field, "FieldValueTooLong", f"Too long: may not be more than {limit} {unit}")


def too_many(field: str, count: int, limit: int) -> FieldError:
    unit = "item" if limit == 1 else "items"
    return FieldError(field, "FieldValueTooMany", f"Too many: {count}: must have at most {limit} {unit}")


def not_negative(field: str, value: Any) -> list[FieldError]:
    """An error if `value` is a number below zero."""
    if isinstance(value, int) and value < 0:
        return [invalid_value(field, value, NOT_NEGATIVE)]
    return []


def positive(field: str, value: Any) -> list[FieldError]:
    """An error if `value` is a number, and not above zero."""
    if isinstance(value, int) and value <= 0:
        return [invalid_value(field, value, NOT_POSITIVE)]
    return []
