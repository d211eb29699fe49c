"""Reads a lesson's YAML strictly: every key is asked for, has the right type, and none is left over.

Errors name the file and the place in it (``lesson.yaml: steps[2].hints``) and what is wrong there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from liqolab.scenario.library import LessonError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_document(path: Path) -> Reader:
    """Read a YAML file whose top is a map.

    Raises:
        LessonError: it is missing, is not YAML, or is something else.
    """
    shown = "/".join(path.parts[-2:])
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 (a safe loader)
    except OSError as error:
        raise LessonError(f"{path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LessonError(f"{path} is not YAML: {error}") from None
    if not isinstance(document, dict):
        raise LessonError(f"{shown}: a map is needed at the top")
    return Reader(document, shown)


class Reader:
    """One map of the document; each method takes a key, and `nothing_else` minds those that nobody took."""

    def __init__(self, document: dict[str, Any], place: str) -> None:
        self.place = place
        self._document = document
        self._taken: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        value = self._take(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self._wrong(key, "a text")
        return value

    def number(self, key: str, default: int) -> int:
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._wrong(key, "a number above 0")
        return value

    def flag(self, key: str) -> bool | None:
        """True, false, or None where it is not given."""
        if key not in self._document:
            return None
        value = self._take(key, None)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def texts(self, key: str) -> list[str]:
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of texts")
        return value

    def strings(self, key: str) -> dict[str, str]:
        value = self._take(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in (*value, *value.values())):
            raise self._wrong(key, "a map of texts")
        return value

    def pattern(self, key: str) -> re.Pattern[str] | None:
        """A regular expression over several lines; None where it is not given."""
        text = self.text(key, "")
        try:
            return re.compile(text, re.MULTILINE) if text else None
        except re.error as error:
            raise LessonError(f"{self.place}.{key}: not a regular expression: {error}") from None

    def entry(self, key: str) -> Reader:
        value = self._take(key, None)
        if not isinstance(value, dict):
            raise self._wrong(key, "a map")
        return Reader(value, f"{self.place}.{key}")

    def entries(self, key: str, *, optional: bool = False) -> list[Reader]:
        value = self._take(key, [] if optional else None)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, "a list of maps")
        if not value and not optional:
            raise self._wrong(key, "a list with something in it")
        return [Reader(item, f"{self.place}: {key}[{n}]") for n, item in enumerate(value)]

    def nothing_else(self) -> None:
        """Raise for keys that nobody asked for: most are misspelt."""
        left = [str(key) for key in self._document if key not in self._taken]
        if left:
            raise LessonError(f"{self.place}: unknown: {', '.join(left)} (known: {', '.join(sorted(self._taken))})")

    def flat(self) -> dict[str, str]:
        """All texts by dotted path; items of lists are counted from 1."""
        return dict(_flat(self._document, self.place, ""))

    def _take(self, key: str, default: Any) -> Any:
        self._taken.add(key)
        return self._document.get(key, default)

    def _wrong(self, key: str, needed: str) -> LessonError:
        what = "is missing" if key not in self._document else f"is not {needed}"
        return LessonError(f"{self.place}: {key} {what}" + ("" if key in self._document else f": {needed} is needed"))


def _flat(tree: Any, place: str, path: str) -> list[tuple[str, str]]:
    if isinstance(tree, str):
        return [(path, tree)]
    if not isinstance(tree, dict | list):
        raise LessonError(f"{place}: {path} is not a text")
    items = tree.items() if isinstance(tree, dict) else enumerate(tree, 1)
    return [pair for key, value in items for pair in _flat(value, place, f"{path}.{key}" if path else str(key))]
