"""How a deadline is shortened: only a deadline, in the sentence's own language, never a statement about time."""

from __future__ import annotations

import pytest

from liqolab.author.trial.patience import impatient, patience, waits
from liqolab.author.trial.plan import Part, plan
from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.library import lesson_names
from liqolab.steps.text import StepText
from liqolab.steps.timing import Timing
from liqolab.steps.vocabulary import REGISTRY


def _part(text: str) -> Part:
    return Part(0, "check", StepText("then", "Then", text, "a: b"), REGISTRY.find(text)[0])


@pytest.mark.parametrize(
    ("text", "seconds", "expected"),
    [
        ('namespace "a" exists in cluster "b"', 2.0, 'namespace "a" exists in cluster "b" within 2000ms'),
        ('namespace "a" exists in cluster "b" within 1m', 0.5, 'namespace "a" exists in cluster "b" within 500ms'),
        ('namespace "a" exists in cluster "b" within 1s', 2.0, 'namespace "a" exists in cluster "b" within 1s'),
        ('namespace "a" exists in cluster "b"', 0.0, 'namespace "a" exists in cluster "b" immediately'),
        ('namespace "a" exists in cluster "b" for 9s', 2.0, 'namespace "a" exists in cluster "b" for 9s'),
        (
            'namespace "a" never exists in cluster "b" within 9s',
            2.0,
            'namespace "a" never exists in cluster "b" within 9s',
        ),
        ("the command succeeds", 2.0, "the command succeeds"),
        ("within 60s all of:", 2.0, "within 2000ms all of:"),
    ],
)
def test_a_deadline_is_shortened_and_nothing_else(text: str, seconds: float, expected: str) -> None:
    part = _part(text)
    assert impatient(part, seconds).text == expected
    assert waits(part) == (expected != text or text.endswith("within 1s"))


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("name", lesson_names())
def test_every_check_of_every_lesson_that_waits_can_be_hurried(name: str, language: str) -> None:
    parts = [part for step in plan(load_lesson(name, language)) for part in step.checks if waits(part)]
    assert parts
    for part in parts:
        hurried = impatient(part, 1.5)
        step, arguments = REGISTRY.find(hurried.text)
        assert step is part.step
        assert arguments["timing"] == Timing("within", 1.5)


def test_patience_is_thrice_what_it_took_and_two_seconds_at_least() -> None:
    assert (patience(0.1), patience(4.0)) == (2.0, 12.0)
