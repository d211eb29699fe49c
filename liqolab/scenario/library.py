"""Where lessons and features are: in folders of one's own, and in this installation.

A library is a folder with a folder ``scenarios``, one folder a lesson, and a folder ``features`` beside it. Those of
``$LIQOLAB_LESSONS`` come first, then the current folder where it is one, then the installed one (beside the package in
a checkout, inside of it in an installed wheel). Of two lessons with one name, the first is meant.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

LESSONS_VARIABLE = "LIQOLAB_LESSONS"
LESSON_FILE = "lesson.yaml"
SCENARIOS, FEATURES = "scenarios", "features"

_PACKAGE = Path(__file__).resolve().parent.parent


class LessonError(Exception):
    """A lesson that does not exist or cannot be read; the message says which and why."""


def libraries(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """All libraries, the first to be asked first.

    Raises:
        LessonError: ``$LIQOLAB_LESSONS`` names a folder that is none, or this installation lacks its own.
    """
    return [*_named(environ), *([Path.cwd()] if _is_library(Path.cwd()) else []), installed_library()]


def lesson_names() -> list[str]:
    """All lessons by name.

    Raises:
        LessonError: as for `libraries`.
    """
    return sorted({path.parent.name for library in libraries() for path in _lessons(library)})


def lesson_folder(name: str) -> Path:
    """The folder of a lesson.

    Raises:
        LessonError: there is none of that name.
    """
    for library in libraries():
        for path in _lessons(library):
            if path.parent.name == name:
                return path.parent
    raise LessonError(f'there is no lesson "{name}"; known: {", ".join(lesson_names())}')


def feature_of(folder: Path, named: str) -> Path | None:
    """The feature that the lesson of a folder names: in the folder itself, or among the features beside it."""
    above = [parent / FEATURES / named for parent in folder.resolve().parents[:3]]
    return next(
        (path for path in [folder / named, *above, installed_library() / FEATURES / named] if path.is_file()), None
    )


def shown(path: Path) -> str:
    """A feature as in a checkout, wherever its lesson is installed; others as seen from where one stands."""
    absolute = path.absolute()
    for folder, prefix in ((installed_library() / FEATURES, FEATURES), (Path.cwd(), "")):
        if absolute.is_relative_to(folder):
            return (prefix / absolute.relative_to(folder)).as_posix()
    return absolute.as_posix()


def _lessons(library: Path) -> list[Path]:
    return sorted((library / SCENARIOS).glob(f"*/{LESSON_FILE}"))


def _named(environ: Mapping[str, str]) -> list[Path]:
    found = [Path(text).expanduser().absolute() for text in environ.get(LESSONS_VARIABLE, "").split(os.pathsep) if text]
    for folder in found:
        if not _is_library(folder):
            raise LessonError(f"{LESSONS_VARIABLE}: {folder} has no folder {SCENARIOS} with lessons in it")
    return found


def _is_library(folder: Path) -> bool:
    return (folder / SCENARIOS).is_dir()


def installed_library() -> Path:
    """What comes with liqolab.

    Raises:
        LessonError: this installation lacks it.
    """
    for parent in (_PACKAGE / "data", _PACKAGE.parent):
        if _is_library(parent) and (parent / FEATURES).is_dir():
            return parent
    raise LessonError("this installation of liqolab has no lessons; install it again")
