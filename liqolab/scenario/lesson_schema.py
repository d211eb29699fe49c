"""What may stand in a lesson's YAML: one table, against which a lesson is read and from which `liqolab lint` reports.

`problems` says what is wrong and under which key. Reading shows the first one, with the file and the place in it
(``lesson.yaml: steps[2]: minutes is not ...``); the linter shows all of them, each in its line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from liqolab.playground.dialect import DIALECTS
from liqolab.playground.upstream import LIQOS
from liqolab.scenario.library import LessonError

Type = Literal[
    "text", "pattern", "number", "flag", "whose", "dialect", "map of texts", "list of texts", "map", "list of maps"
]
Trail = tuple[str | int, ...]
"""From the top of the document: keys, and places in lists."""

HINT_KINDS = ("nudge", "concept", "command")
"""The rungs of the ladder, each giving away more than the one before."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its type, whether it must be there, and the keys below it where it is a map or a list of maps."""

    type: Type
    required: bool = False
    below: Mapping[str, Key] = field(default_factory=dict)


_CONDITION = {
    "command": Key("pattern"),
    "without": Key("pattern"),
    "output": Key("pattern"),
    "cluster": Key("text"),
    "fails": Key("flag"),
}
_MISTAKE = {"id": Key("text", True), "when": Key("map", True, _CONDITION), "say": Key("text", True)}
_STEP = {
    "id": Key("text", True),
    "title": Key("text", True),
    "minutes": Key("number"),
    "tasks": Key("list of texts"),
    "hints": Key("map", False, {kind: Key("text") for kind in HINT_KINDS}),
    "mistakes": Key("list of maps", False, _MISTAKE),
}
_CLUSTER = {"name": Key("text", True), "config": Key("text"), "labels": Key("map of texts")}
TOPOLOGY = {"clusters": Key("list of maps", True, _CLUSTER), "liqo": Key("whose"), "dialect": Key("dialect")}
"""What a file of clusters consists of."""
LESSON = {
    "title": Key("text", True),
    "summary": Key("text", True),
    "order": Key("number"),
    "after": Key("list of texts"),
    "purpose": Key("text"),
    "able": Key("list of texts"),
    "recap": Key("list of texts"),
    "feature": Key("text", True),
    "kubeconfig": Key("text", True),
    "clusters": Key("list of maps", True, {**_CLUSTER, "config": Key("text", True)}),
    "steps": Key("list of maps", True, _STEP),
    "mistakes": Key("list of maps", False, _MISTAKE),
}
"""What lesson.yaml consists of."""


def _texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


_FITS: dict[Type, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a text", lambda value: isinstance(value, str) and bool(value.strip())),
    "pattern": ("a text", lambda value: isinstance(value, str) and bool(value.strip())),
    "number": ("a number above 0", lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0),
    "flag": ("true or false", lambda value: isinstance(value, bool)),
    "whose": (f"true, false, {', '.join(LIQOS)}", lambda value: isinstance(value, bool) or value in LIQOS),
    "dialect": (f"one of {', '.join(DIALECTS)}", lambda value: value in DIALECTS),
    "map of texts": (
        "a map of texts",
        lambda value: isinstance(value, dict) and _texts([*value, *value.values()]),
    ),
    "list of texts": ("a list of texts", lambda value: isinstance(value, list) and _texts(value)),
    "map": ("a map", lambda value: isinstance(value, dict)),
    "list of maps": (
        "a list with something in it",
        lambda value: isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value),
    ),
}
"""Type → what it is called, and whether a value is of it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that may not stand so.

    Attributes:
        path: of the map that has the key, or should have it; of the value itself where no key is named.
        known: the keys of that map, where the one that it has is none of them.
    """

    path: Trail
    name: str
    message: str
    known: tuple[str, ...] = ()


def problems(document: Mapping[Any, Any], keys: Mapping[str, Key], path: Trail = ()) -> Iterator[Problem]:
    """Everything in a map, and below it, that the table does not allow."""
    for name, key in keys.items():
        needed, fits = _FITS[key.type]
        if name not in document:
            if key.required:
                yield Problem(path, name, f"{name} is missing: {needed} is needed")
        elif not fits(document[name]):
            yield Problem(path, name, f"{name} is not {needed}")
        else:
            yield from _problems_below(document[name], key, (*path, name))
    for name in document:
        if name not in keys:
            near = difflib.get_close_matches(str(name), keys, 1)
            advice = f"did you mean {near[0]}?" if near else f"known: {', '.join(keys)}"
            yield Problem(path, str(name), f"unknown: {name}; {advice}", tuple(keys))


def _problems_below(value: Any, key: Key, path: Trail) -> Iterator[Problem]:
    if key.type == "map":
        yield from problems(value, key.below, path)
    elif key.type == "list of maps":
        for number, entry in enumerate(value):
            yield from problems(entry, key.below, (*path, number))
    elif key.type == "pattern":
        try:
            re.compile(value)
        except re.error as error:
            yield Problem(path, "", f"not a regular expression: {error}")


def read(path: Path, keys: Mapping[str, Key]) -> dict[str, Any]:
    """Read a YAML file that consists of these keys.

    Raises:
        LessonError: it is missing, is not YAML, or has something in it that may not stand there.
    """
    document = read_map(path)
    for problem in problems(document, keys):
        if problem.path[-1:] == ("hints",) and problem.known:
            place, message = problem.path[:-1], f"hints are {', '.join(problem.known)}, not {problem.name}"
        else:
            place, message = problem.path, problem.message
        raise LessonError(f"{shown(path)}{_place(place)}: {message}")
    return document


def read_map(path: Path) -> dict[str, Any]:
    """Read a YAML file whose top is a map.

    Raises:
        LessonError: it is missing, is not YAML, or is something else.
    """
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 (a safe loader)
    except OSError as error:
        raise LessonError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # Bytes that are no text, days that no calendar has, and depths that no lesson needs.
        raise LessonError(f"{path} is not YAML: {error}") from None
    if not isinstance(document, dict):
        raise LessonError(f"{shown(path)}: a map is needed at the top")
    return document


def shown(path: Path) -> str:
    """A file of a lesson as errors name it."""
    return "/".join(path.parts[-2:])


def flat(tree: Any, path: Trail = ()) -> Iterator[tuple[str, Trail, Any]]:
    """Everything that is no map and no list, by dotted name (items of lists counted from 1) and by path."""
    if not isinstance(tree, dict | list):
        yield ".".join(str(part + 1 if isinstance(part, int) else part) for part in path), path, tree
        return
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        yield from flat(value, (*path, key))


def _place(path: Trail) -> str:
    text = ""
    for part, following in zip(path, (*path[1:], None), strict=False):
        key = f": {part}" if isinstance(following, int) else f".{part}"
        text += f"[{part}]" if isinstance(part, int) else key
    return text
