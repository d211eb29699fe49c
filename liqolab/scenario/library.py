"""Where lessons and features are: beside the package in a checkout, inside of it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


class LessonError(Exception):
    """A lesson that does not exist or cannot be read; the message says which and why."""


def data_folder(name: str) -> Path:
    """The folder ``features`` or ``scenarios``.

    Raises:
        LessonError: this installation lacks it.
    """
    for parent in (_PACKAGE / "data", _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise LessonError(f"this installation of liqolab has no folder {name}; install it again")


def lesson_names() -> list[str]:
    """All lessons by name."""
    return sorted(folder.parent.name for folder in data_folder("scenarios").glob("*/lesson.yaml"))
