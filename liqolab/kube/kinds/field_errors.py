"""How the API server says what is wrong with a field: one constructor a cause, values as Go prints them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from liqolab.apimachinery.errors import FieldError

IMMUTABLE = "field is immutable"
NOT_NEGATIVE = "must be greater than or equal to 0"


def go(value: Any) -> str:
    """A value as ``%#v`` and ``%q`` print it in error texts."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bytes):
        return "[]byte{" + ", ".join(f"{byte:#x}" for byte in value) + "}"
    if isinstance(value, list | tuple):
        return "[]string{" + ", ".join(go(item) for item in value) + "}"
    if isinstance(value, dict):
        return "map[string]string{" + ", ".join(f"{go(key)}:{go(value[key])}" for key in sorted(value)) + "}"
    return str(value)


def required(field: str, detail: str = "") -> FieldError:
    return FieldError(field, "FieldValueRequired", f"Required value: {detail}" if detail else "Required value")


def invalid_value(field: str, value: Any, detail: str) -> FieldError:
    return FieldError(field, "FieldValueInvalid", f"Invalid value: {go(value)}: {detail}")


def each_invalid(field: str, value: Any, details: Iterable[str]) -> list[FieldError]:
    """One error for each text that a validator of names returned."""
    return [invalid_value(field, value, detail) for detail in details]


def not_supported(field: str, value: Any, supported: Iterable[str]) -> FieldError:
    listed = ", ".join(go(item) for item in supported)
    return FieldError(field, "FieldValueNotSupported", f"Unsupported value: {go(value)}: supported values: {listed}")


def forbidden_field(field: str, detail: str) -> FieldError:
    return FieldError(field, "FieldValueForbidden", f"Forbidden: {detail}")


def duplicate(field: str, value: Any) -> FieldError:
    return FieldError(field, "FieldValueDuplicate", f"Duplicate value: {go(value)}")


def missing(field: str, value: Any) -> FieldError:
    return FieldError(field, "FieldValueNotFound", f"Not found: {go(value)}")


def too_long(field: str, limit: int) -> FieldError:
    return FieldError(field, "FieldValueTooLong", f"Too long: may not be more than {limit} bytes")


def not_negative(field: str, value: Any) -> list[FieldError]:
    """An error if `value` is a number below zero."""
    if isinstance(value, int) and value < 0:
        return [invalid_value(field, value, NOT_NEGATIVE)]
    return []
