"""The rule about faces: whatever shows a lesson shows the feature's commands and checks, in the feature's order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from liqolab.author.lint.lesson_folder import LessonFolder, lesson_rule
from liqolab.author.lint.rule import Spot
from liqolab.author.parity import drift
from liqolab.scenario.lesson import lesson_languages, read_lesson
from liqolab.scenario.library import LessonError
from liqolab.steps.registry import AmbiguousStepError, UndefinedStepError


@lesson_rule(
    "face-drift",
    what="Terminal and notebook show just the commands and checks of the feature, in its order, in every language.",
    why="Whoever leaves a lesson in one face and goes on in another would find another lesson there.",
)
def face_drift(lesson: LessonFolder) -> Iterator[Spot]:
    for language in lesson_languages(lesson.folder):
        # What keeps a lesson from being read is what other rules find.
        with suppress(LessonError, UndefinedStepError, AmbiguousStepError):
            for face, _, different in drift(read_lesson(lesson.folder, language)):
                if different:
                    yield Spot(1, 1, f"{face} ({language}) shows something else in {', '.join(different)}")
