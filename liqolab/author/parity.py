"""One lesson, several faces and languages: whatever shows it shows the same commands and makes the same checks.

Each side is reduced to one digest of its commands and checks in order, so that sides can be compared, and a side of
today with one of last year.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from liqolab.gherkin_tree import Scenario
from liqolab.scenario.lesson import ENGLISH, Lesson, lesson_languages, load_lesson
from liqolab.scenario.outline import outline
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY


@dataclass(frozen=True, slots=True)
class Side:
    """One language of a lesson."""

    language: str
    digest: str
    same: bool
    verdict: str


def compare(name: str) -> Iterator[Side]:
    """Every language of a lesson against the English feature.

    Raises:
        LessonError: the lesson cannot be read.
    """
    original = load_lesson(name)
    expected = _steps(original)
    for language in lesson_languages(original.files.parent):
        lesson = original if language == ENGLISH else load_lesson(name, language)
        steps = _steps(lesson)
        different = [step for step in {**expected, **steps} if expected.get(step) != steps.get(step)]
        verdict = f"differs in {', '.join(different)}" if different else "same commands and checks"
        yield Side(language, _digest(steps), not different, verdict)


def _steps(lesson: Lesson) -> dict[str, tuple[list[str], list[str]]]:
    return {scenario.step: _step(scenario) for scenario in lesson.feature.scenarios}


def _step(scenario: Scenario) -> tuple[list[str], list[str]]:
    """What is typed, and what is checked: each check as the vocabulary's own sentence with its arguments."""
    shown = outline(scenario)
    commands = [command.one_line for command in shown.commands]
    checks = [_check(sentence) for goal in shown.goals for sentence in goal.sentences]
    return commands, checks


def _check(sentence: StepText) -> str:
    found, arguments = REGISTRY.find(sentence.text)
    return json.dumps([found.sentence, arguments, sentence.docstring, sentence.datatable], default=str, sort_keys=True)


def _digest(steps: dict[str, tuple[list[str], list[str]]]) -> str:
    return hashlib.sha256(json.dumps(steps).encode()).hexdigest()
