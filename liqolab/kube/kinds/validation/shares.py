"""``IntOrString`` fields: a number, or a share in percent."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.kube.kinds.field_errors import each_invalid, invalid_value, not_negative


def validate_share(value: Any, path: str) -> list[FieldError]:
    """A number that is not negative, or a share."""
    if isinstance(value, str):
        return each_invalid(path, value, names.percent(value))
    return not_negative(path, value)


def not_above_hundred(value: Any, path: str) -> list[FieldError]:
    """An error if a share is more than the whole."""
    if isinstance(value, str) and not names.percent(value) and int(value[:-1]) > 100:
        return [invalid_value(path, value, "must not be greater than 100%")]
    return []


def size_of(value: Any) -> int:
    """The number in front of the percent sign, or the number; what is neither counts as nothing."""
    if isinstance(value, str):
        digits = value.removesuffix("%")
        return int(digits) if digits.isascii() and digits.isdigit() else 0
    return int(value or 0)


def validate_port(value: Any, path: str) -> list[FieldError]:
    """The number or the name of a port."""
    if isinstance(value, str):
        return each_invalid(path, value, names.port_name(value))
    return each_invalid(path, value or 0, names.port_number(value or 0))
