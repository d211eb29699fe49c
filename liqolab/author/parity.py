"""One lesson, several faces and languages: whatever shows it shows the same commands and makes the same checks.

Each side is reduced to one digest of its commands and checks in order, so that sides can be compared, and a side of
today with one of last year. A face says what it shows by an entry point of the group ``liqolab.shown``, so that nothing
here knows any.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

from liqolab.gherkin_tree import Scenario
from liqolab.scenario.lesson import ENGLISH, Lesson, lesson_languages, load_lesson
from liqolab.scenario.outline import one_line, outline
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY

Shown = dict[str, tuple[list[str], list[str]]]
"""Step → the commands that a face has one type, and the ids of the goals that it judges, both in order."""


@dataclass(frozen=True, slots=True)
class Side:
    """One language of a lesson, as its feature has it or as a face shows it."""

    language: str
    face: str
    digest: str
    same: bool
    verdict: str


def compare(name: str) -> Iterator[Side]:
    """Every language of a lesson, and of each what every face shows, against the feature.

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
        yield Side(language, "feature", _digest(steps), not different, verdict)
        for face, digest, missing in drift(lesson):
            verdict = f"differs in {', '.join(missing)}" if missing else "shows the same commands and checks"
            yield Side(language, face, digest, not missing, verdict)


@cache
def faces() -> dict[str, Callable[[Lesson], Shown]]:
    """Every face by name, with what says what it shows of a lesson."""
    return {entry.name: entry.load() for entry in sorted(entry_points(group="liqolab.shown"))}


def drift(lesson: Lesson) -> Iterator[tuple[str, str, list[str]]]:
    """Each face, the digest of what it shows, and the steps of which it does not show just what the feature says."""
    plans = [outline(scenario) for scenario in lesson.feature.scenarios]
    wanted: Shown = {
        plan.step: ([typed.one_line for typed in plan.commands], [goal.id for goal in plan.goals]) for plan in plans
    }
    for face, told in faces().items():
        found: Shown = {step: ([*map(one_line, typed)], goals) for step, (typed, goals) in told(lesson).items()}
        different = [step for step in {**wanted, **found} if wanted.get(step) != found.get(step)]
        yield face, _digest(found), different


def _steps(lesson: Lesson) -> Shown:
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


def _digest(steps: Shown) -> str:
    return hashlib.sha256(json.dumps(steps).encode()).hexdigest()
