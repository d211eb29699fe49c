"""Lessons as authors name them: by name, or by folder while they are not where the others are."""

from __future__ import annotations

from pathlib import Path

from liqolab.scenario.lesson import Lesson, load_lesson, read_lesson
from liqolab.scenario.library import LessonError


def open_lesson(name: str) -> Lesson:
    """The lesson of that name, or of that folder where the text has a slash.

    Raises:
        LessonError: there is none, or its files contradict each other.
    """
    if "/" not in name:
        return load_lesson(name)
    folder = Path(name).resolve()
    if not (folder / "lesson.yaml").is_file():
        raise LessonError(f"{name} is not the folder of a lesson: it has no lesson.yaml")
    return read_lesson(folder)
