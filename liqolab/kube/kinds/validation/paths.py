"""Paths in volumes: relative, and never upwards."""

from __future__ import annotations

from liqolab.apimachinery.errors import FieldError
from liqolab.kube.kinds.field_errors import invalid_value, required

_MODE = "must be a number between 0 and 0777 (octal), both inclusive"


def no_backsteps(path: str, field: str) -> list[FieldError]:
    """No part of it leads upwards."""
    return [invalid_value(field, path, "must not contain '..'")] if ".." in path.split("/") else []


def descending(path: str, field: str) -> list[FieldError]:
    """Relative, and not upwards."""
    errors = [invalid_value(field, path, "must be a relative path")] if path.startswith("/") else []
    return errors + no_backsteps(path, field)


def not_reserved(path: str, field: str) -> list[FieldError]:
    """Relative, not upwards, and none of the names that a kubelet keeps to itself."""
    errors = descending(path, field)
    if path.startswith("..") and not path.startswith("../"):
        errors.append(invalid_value(field, path, "must not start with '..'"))
    return errors


def file_mode(mode: int | None, field: str) -> list[FieldError]:
    """Permissions of a file."""
    return [] if mode is None or 0 <= mode <= 0o777 else [invalid_value(field, mode, _MODE)]


def required_fields(path: str, source: dict[str, object], *fields: str) -> list[FieldError]:
    """An error for each of `fields` that is absent or empty."""
    return [required(f"{path}.{field}") for field in fields if not source.get(field)]
