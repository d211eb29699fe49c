"""What a scenario of a lesson asks of a learner: commands to be typed, and goals by which one sees that it was right.

A goal is a sentence about the clusters, or all the sentences about what one command printed, which are judged together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from liqolab.gherkin_tree import Scenario
from liqolab.steps.registry import Step
from liqolab.steps.suggestions import look_up
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY

GoalKind = Literal["state", "output"]


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as the feature has it; `id` is ``STEP.NUMBER``, counted from 1."""

    id: str
    text: str
    sentence: StepText

    @property
    def one_line(self) -> str:
        """The command on one line, with single blanks: what of it is compared with other texts."""
        return one_line(self.text)


@dataclass(frozen=True, slots=True)
class Goal:
    """What has to be so.

    Attributes:
        id: ``STEP.NUMBER``, counted from 1.
        sentences: one about the clusters, or all about the output of one command.
        command: id of the command that comes before; the one whose output is judged.
    """

    id: str
    kind: GoalKind
    sentences: tuple[StepText, ...]
    command: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A scenario as a learner meets it."""

    step: str
    commands: tuple[Typed, ...]
    goals: tuple[Goal, ...]


def one_line(command: str) -> str:
    """A command on one line, with single blanks."""
    return " ".join(command.replace("\\\n", " ").split())


Find = Callable[[str], tuple[Step | None, dict[str, Any]]]
"""What a sentence means, and its arguments; whoever only looks at a feature may say None of what means nothing."""

_look_up: Find = partial(look_up, REGISTRY)


def outline(scenario: Scenario, find: Find = _look_up) -> Outline:
    """Sort a scenario's sentences.

    Raises:
        UndefinedStepError, AmbiguousStepError: a sentence means nothing, or several things.
    """
    commands: list[Typed] = []
    goals: list[Goal] = []
    last = ""
    for sentence in scenario.steps:
        if sentence.kind == "given":
            continue
        found, arguments = find(sentence.text)
        judges_output = found is not None and found.judges_output
        if sentence.kind == "when":
            block = sentence.docstring if found is None or found.takes_docstring else None
            text = block if block is not None else arguments.get("command") or sentence.text
            last = f"{scenario.step}.{len(commands) + 1}"
            commands.append(Typed(last, text.strip("\n"), sentence))
        elif judges_output and goals and (goals[-1].kind, goals[-1].command) == ("output", last):
            known = goals[-1]
            goals[-1] = Goal(known.id, known.kind, (*known.sentences, sentence), last)
        else:
            kind: GoalKind = "output" if judges_output else "state"
            goals.append(Goal(f"{scenario.step}.{len(goals) + 1}", kind, (sentence,), last))
    return Outline(scenario.step, tuple(commands), tuple(goals))
