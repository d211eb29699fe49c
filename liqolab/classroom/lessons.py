"""Which text of a lesson a class works on: its steps, their tasks, and one digest of what is typed and judged.

The digest is the same in every language: commands and checks are, prose may be mended during a course.
"""

from __future__ import annotations

from typing import Any

from liqolab.classroom.signing import digest
from liqolab.learn.steps import shown
from liqolab.scenario.lesson import load_lesson


def outline_of(lesson: str) -> dict[str, Any]:
    """``{"name", "steps": [{"id", "commands", "tasks"}]}``.

    Raises:
        LessonError: there is no such lesson, or it contradicts itself.
    """
    steps = shown(load_lesson(lesson))
    return {
        "name": lesson,
        "steps": [{"id": step, "commands": commands, "tasks": tasks} for step, (commands, tasks) in steps.items()],
    }


def version_of(outline: dict[str, Any]) -> str:
    return digest(outline)
