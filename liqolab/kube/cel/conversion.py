"""JSON values as values of typed expressions."""

from __future__ import annotations

from typing import Any

from liqolab.kube.cel.library.times import from_json
from liqolab.kube.cel.types import Type


def convert(value: Any, type: Type) -> Any:
    """A JSON value as the value of a typed expression: moments, spans and bytes are text in JSON."""
    kind = type.kind
    if kind == "double" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and kind in ("timestamp", "duration", "bytes"):
        return from_json(value, kind)
    if kind == "list" and isinstance(value, list):
        return [convert(item, type.params[0]) for item in value]
    if kind == "map" and isinstance(value, dict):
        return {key: convert(item, type.params[1]) for key, item in value.items()}
    return value
