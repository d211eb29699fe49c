"""JSON values as Go's formatting prints them: some messages of a real server hold values in that form."""

from __future__ import annotations

from typing import Any

import orjson


def plain(value: Any) -> str:
    """A value as ``%v`` prints it."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{plain(item)}" for key, item in sorted(value.items())) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(plain, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "<nil>" if value is None else str(value)


def syntax(value: Any) -> str:
    """A value as ``%#v`` prints it."""
    if isinstance(value, dict):
        rows = ", ".join(f"{syntax(key)}:{syntax(item)}" for key, item in sorted(value.items()))
        return f"map[string]interface {{}}{{{rows}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(map(syntax, value))}}}"
    return "interface {}(nil)" if value is None else orjson.dumps(value).decode()


def type_name(value: Any) -> str:
    """The type of a decoded value as ``%T`` prints it."""
    if isinstance(value, dict):
        return "map[string]interface {}"
    if isinstance(value, list):
        return "[]interface {}"
    if isinstance(value, bool):
        return "bool"
    return "string" if isinstance(value, str) else "float64" if isinstance(value, float) else "int64"
