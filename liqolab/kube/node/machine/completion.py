"""What Tab may mean at a container's prompt: a command where one begins, else a file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from typing import Final

_WORD: Final = re.compile(r"(?:[^\s;|&()<>\"'\\]|\\.)*\Z")
_BEGINS_COMMAND: Final = re.compile(r"(?:\A|[;|&(`]|\$\(|\b(?:then|do|else|exec|time|xargs))\s*\Z")

Entries = Callable[[str], Iterable[tuple[str, bool]]]
"""Directory → its names, and whether each is a directory; nothing where there is none."""


def begun(before: str) -> str:
    """The word that the text before the cursor ends with."""
    found = _WORD.search(before)
    return found[0] if found else ""


def candidates(before: str, commands: Iterable[str], directory: str, home: str, entries: Entries) -> list[str]:
    """The words that the one before the cursor may become, sorted; a directory ends in a slash.

    Args:
        before: the line up to the cursor.
        commands: what can be called.
        directory: where the shell is.
        home: what ``~`` stands for.
        entries: lists a directory.
    """
    word = begun(before)
    if "/" not in word and _BEGINS_COMMAND.search(before[: len(before) - len(word)]):
        return sorted(name for name in commands if name.startswith(word) and name not in ("[", "[["))
    folder, _, start = word.rpartition("/")
    place = f"{folder}/" if "/" in word else ""
    where = home + place[1:] if place.startswith("~/") else place
    path = posixpath.normpath(posixpath.join(directory, where.replace("\\", "")))
    hidden = start.startswith(".")
    return sorted(
        place + re.sub(r"([\s\"'$`;&|()<>*?\\])", r"\\\1", name) + ("/" if is_folder else "")
        for name, is_folder in entries(path)
        if name.startswith(start.replace("\\", "")) and (hidden or not name.startswith("."))
    )
