"""Partial matches: an expected YAML document holds where the actual one says the same, and more is no harm.

Maps are compared key by key, lists element by element in order, scalars by value. A string between slashes is a regular
expression. What does not hold is reported by its path.
"""

from __future__ import annotations

import re
from typing import Any


def differences(expected: Any, actual: Any, path: str = "") -> list[str]:
    """Paths at which `actual` is not what `expected` asks for, each as ``path: expected … but was …``."""
    if isinstance(expected, dict):
        return _map_differences(expected, actual, path)
    if isinstance(expected, list):
        return _list_differences(expected, actual, path)
    if isinstance(expected, str) and len(expected) > 2 and expected[0] == expected[-1] == "/":
        if isinstance(actual, str) and re.fullmatch(expected[1:-1], actual):
            return []
    elif expected == actual and type(expected) is type(actual):
        return []
    return [f"{path or '.'}: expected {expected!r}, was {actual!r}"]


def _map_differences(expected: dict[str, Any], actual: Any, path: str) -> list[str]:
    if not isinstance(actual, dict):
        return [f"{path or '.'}: expected a map, was {actual!r}"]
    found = []
    for key, value in expected.items():
        where = f"{path}.{key}"
        if key not in actual:
            found.append(f"{where}: missing (present: {', '.join(map(str, actual)) or 'nothing'})")
        else:
            found += differences(value, actual[key], where)
    return found


def _list_differences(expected: list[Any], actual: Any, path: str) -> list[str]:
    if not isinstance(actual, list):
        return [f"{path or '.'}: expected a list, was {actual!r}"]
    found = []
    if len(actual) != len(expected):
        found.append(f"{path}: expected {len(expected)} elements, was {len(actual)}")
    for index, (wanted, given) in enumerate(zip(expected, actual, strict=False)):
        found += differences(wanted, given, f"{path}[{index}]")
    return found
