"""The course: which lessons there are, in which order, what builds on what, and how far the learner is with each.

How far somebody is stands in the journals of the playgrounds, and nowhere else; looking at it touches no cluster and
leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from liqolab.learn.journal import read_entries
from liqolab.learn.model import StepState
from liqolab.learn.progress import Progress
from liqolab.playground import home
from liqolab.scenario.lesson import Lesson, load_lesson
from liqolab.scenario.library import lesson_names


@dataclass(frozen=True, slots=True)
class Standing:
    """One lesson, and how far the learner is with it.

    Attributes:
        playground: where it was worked on last; empty where it was not.
        state: passed when its last step is.
        step: the number of the current step, from 1; 0 before the first.
        seconds: spent on it so far.
        touched: when it was worked on last, in seconds of the file system; 0 for never.
    """

    lesson: Lesson
    playground: str = ""
    state: StepState = "new"
    step: int = 0
    seconds: float = 0.0
    touched: float = 0.0


def curriculum(language: str = "en") -> list[Standing]:
    """All lessons: those of the course in its order, then the others by name.

    Raises:
        LessonError: one of them contradicts itself.
    """
    lessons = [load_lesson(name, language) for name in lesson_names()]
    ordered = sorted(lessons, key=lambda lesson: (lesson.order is None, lesson.order or 0, lesson.name))
    return [_standing(lesson) for lesson in ordered]


def next_lesson(course: Sequence[Standing]) -> Standing | None:
    """What to do next: go on with what was begun last, else begin the first that is new; None when all is done."""
    begun = [standing for standing in course if standing.state == "begun"]
    if begun:
        return max(begun, key=lambda standing: standing.touched)
    return next((standing for standing in course if standing.state == "new"), None)


def following(lesson: Lesson) -> Lesson | None:
    """The lesson that comes after one in the course."""
    if lesson.order is None:
        return None
    others = [load_lesson(name, lesson.language) for name in lesson_names()]
    later = [other for other in others if other.order is not None and other.order > lesson.order]
    return min(later, key=lambda other: other.order or 0, default=None)


def _standing(lesson: Lesson) -> Standing:
    journals = [(playground.name, _journal(playground.root, lesson.name)) for playground in home.existing()]
    found = [(path.stat().st_mtime, name, path) for name, path in journals if path.is_file()]
    if not found:
        return Standing(lesson)
    touched, playground, path = max(found)
    progress = Progress()
    progress.take(read_entries(path))
    order = [step.id for step in lesson.steps]
    if progress.current not in order:
        return Standing(lesson)
    state: StepState = "passed" if progress.step(order[-1]).state == "passed" else "begun"
    seconds = sum(progress.step(step).seconds for step in order)
    return Standing(lesson, playground, state, order.index(progress.current) + 1, seconds, touched)


def _journal(playground: Path, lesson: str) -> Path:
    return playground / "learn" / lesson / "journal.jsonl"
