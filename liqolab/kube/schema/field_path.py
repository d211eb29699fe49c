"""``fieldPath`` of a rule: a path of names such as ``.spec.limits['cpu']``, checked against the schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_STEP: Final = re.compile(r"\.(?P<name>[^.\[\]]+)|\['(?P<quoted>(?:[^'\\]|\\.)*)'\]")
_TOKEN: Final = re.compile(r"[.\[\]]")
_ESCAPE: Final = re.compile(r"\\(.)")


def normalized_path(path: str, schema: Mapping[str, Any]) -> str | None:
    """The path as errors show it; None when it does not lead to anything that the schema declares."""
    steps, problem = _walk(path, schema, brackets=True)
    if problem:
        return None
    shown = ""
    for name, _, is_key in steps:
        shown = f"{shown}[{name}]" if is_key else f"{shown}.{name}" if shown else name
    return shown


def declared_at(path: str, schema: Mapping[str, Any], *, brackets: bool) -> tuple[Mapping[str, Any] | None, str]:
    """The schema that a path leads to, or None and why there is none.

    Args:
        path: of names.
        schema: where it starts.
        brackets: whether names may stand in brackets.
    """
    steps, problem = _walk(path, schema, brackets=brackets)
    return (None, problem) if problem else (steps[-1][1] if steps else schema, "")


_Steps = list[tuple[str, Mapping[str, Any], bool]]


def _walk(path: str, schema: Mapping[str, Any], *, brackets: bool) -> tuple[_Steps, str]:
    """The steps of a path (name, schema, whether it is the key of a map), and what is wrong with it."""
    position, here = 0, schema
    steps: _Steps = []
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            if path[position] == "[" and not brackets:
                return steps, "array notation is not allowed"
            word = _TOKEN.split(path[position:])[0]
            return steps, f"expected [ or . but got: {word}" if word else "unexpected end of JSON path"
        if match["name"] is None and not brackets:
            return steps, "array notation is not allowed"
        name = match["name"] if match["name"] is not None else _ESCAPE.sub(r"\1", match["quoted"])
        properties, additional = here.get("properties"), here.get("additionalProperties")
        if properties and name in properties:
            here = properties[name]
            steps.append((name, here, False))
        elif not properties and isinstance(additional, dict):
            here = additional
            steps.append((name, here, True))
        else:
            return steps, "does not refer to a valid field"
        position = match.end()
    return steps, ""
