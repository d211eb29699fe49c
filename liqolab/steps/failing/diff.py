"""What was asked for against what is there, as a unified diff of YAML.

A partial document is compared with the part of the object that it speaks of: an object has hundreds of lines that
nobody asked about. Fields that change with every write are left out unless the expectation names them.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

import yaml

_NOISE = frozenset(
    (
        "managedFields",
        "uid",
        "resourceVersion",
        "generation",
        "selfLink",
        "creationTimestamp",
        "containerID",
        "imageID",
        "startedAt",
        "finishedAt",
        "kubectl.kubernetes.io/last-applied-configuration",
    )
)
_TIMES = ("Time", "Timestamp")
_KEPT = ("deletionTimestamp",)

_MOST_LINES = 60


def unified(expected: Any, actual: Any) -> list[str]:
    """Lines of the diff; empty when nothing differs that was asked for."""
    wanted, given = _lines(_settled(expected, actual)), _lines(spoken_of(actual, expected))
    diff = list(difflib.unified_diff(wanted, given, "expected", "actual", lineterm="", n=2))
    if len(diff) <= _MOST_LINES:
        return diff
    return [*diff[:_MOST_LINES], f"… ({len(diff) - _MOST_LINES} more lines)"]


def without_noise(document: Any, expected: Any = None) -> Any:
    """The document without fields that change with every write, except those that `expected` names at their place."""
    if isinstance(document, dict):
        named = expected if isinstance(expected, dict) else {}
        return {
            key: without_noise(value, named.get(key))
            for key, value in document.items()
            if key in named or not _is_noise(str(key))
        }
    if isinstance(document, list):
        return [without_noise(value, _nth(expected, index)) for index, value in enumerate(document)]
    return document


def _is_noise(key: str) -> bool:
    return key in _NOISE or (key.endswith(_TIMES) and key not in _KEPT)


def spoken_of(actual: Any, expected: Any) -> Any:
    """The part of `actual` at the places that `expected` names: a diff of all the rest would say nothing."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {key: spoken_of(actual[key], value) for key, value in expected.items() if key in actual}
    if isinstance(expected, list) and isinstance(actual, list):
        return [spoken_of(value, _nth(expected, index)) for index, value in enumerate(actual)]
    return without_noise(actual)


def _settled(expected: Any, actual: Any) -> Any:
    """`expected`, where a regular expression between slashes that holds is replaced by what it holds for."""
    if isinstance(expected, dict):
        return {
            key: _settled(value, actual.get(key) if isinstance(actual, dict) else None)
            for key, value in expected.items()
        }
    if isinstance(expected, list):
        given = actual if isinstance(actual, list) else []
        return [_settled(value, given[index] if index < len(given) else None) for index, value in enumerate(expected)]
    return actual if _holds(expected, actual) else expected


def _holds(expected: Any, actual: Any) -> bool:
    if not (isinstance(expected, str) and isinstance(actual, str) and len(expected) > 2):
        return False
    try:
        return expected[0] == expected[-1] == "/" and re.fullmatch(expected[1:-1], actual) is not None
    except re.error:
        return False


def _nth(expected: Any, index: int) -> Any:
    """What is expected of an element; elements beyond the last are shown in the shape of the last."""
    if not isinstance(expected, list) or not expected:
        return None
    return expected[min(index, len(expected) - 1)]


class _Plain(yaml.SafeDumper):
    """Without anchors: a diff with ``&id001`` in it compares nothing."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _lines(document: Any) -> list[str]:
    if isinstance(document, str):
        return document.splitlines()
    text: str = yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=10_000)
    return text.removesuffix("...\n").splitlines()
