"""Partial matches: an expected YAML document holds where the actual one says the same, and more is no harm.

Maps are compared key by key, lists element by element in order, scalars by value. A string between slashes is a regular
expression for the whole text. What does not hold is reported by its path.
"""

from __future__ import annotations

import re
from typing import Any

from liqolab.steps.failing.failure import Difference

_BARE_KEY = re.compile(r"[\w\-]+")
NOTHING = "nothing"
"""How a field that is missing is called in a difference."""


def differences(expected: Any, actual: Any, path: str = "") -> list[Difference]:
    """What in `actual` is not as `expected` asks, each by its path; empty when all of it is."""
    if isinstance(expected, dict):
        return _map_differences(expected, actual, path)
    if isinstance(expected, list):
        return _list_differences(expected, actual, path)
    if is_expression(expected):
        if isinstance(actual, str) and re.fullmatch(expected[1:-1], actual):
            return []
    elif expected == actual and type(expected) is type(actual):
        return []
    return [Difference(path or ".", shown(expected), shown(actual))]


def is_expression(value: Any) -> bool:
    """Whether an expected value stands for a regular expression."""
    return isinstance(value, str) and len(value) > 2 and value[0] == value[-1] == "/"


def shown(value: Any) -> str:
    """A value as YAML would write it in a line; what is long is not told here, a diff has it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return f"a map of {', '.join(map(str, value)) or NOTHING}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return (
        f'"{value}"'
        if isinstance(value, str) and (not value or not value.isprintable() or value[0] == " ")
        else (str(value))
    )


def step_into(path: str, key: str) -> str:
    """The path of a map's entry; keys that are more than a word stand in brackets."""
    return f"{path}.{key}" if _BARE_KEY.fullmatch(key) else f"{path}['{key}']"


def _map_differences(expected: dict[str, Any], actual: Any, path: str) -> list[Difference]:
    if not isinstance(actual, dict):
        return [Difference(path or ".", shown(expected), shown(actual))]
    found = []
    for key, value in expected.items():
        where = step_into(path, str(key))
        if key not in actual and value is not None:
            present = ", ".join(map(str, actual)) or NOTHING
            found.append(Difference(where, shown(value), f"missing (present: {present})"))
        else:
            found += differences(value, actual.get(key), where)
    return found


def _list_differences(expected: list[Any], actual: Any, path: str) -> list[Difference]:
    if not isinstance(actual, list):
        return [Difference(path or ".", shown(expected), shown(actual))]
    found = []
    if len(actual) != len(expected):
        found.append(Difference(path or ".", f"{len(expected)} elements", f"{len(actual)} elements"))
    for index, (wanted, given) in enumerate(zip(expected, actual, strict=False)):
        found += differences(wanted, given, f"{path}[{index}]")
    return found
