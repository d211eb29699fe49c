"""What a scenario of a lesson asks of a learner: commands to be typed, and goals by which one sees that it was right.

A goal is a sentence about the clusters, or all the sentences about what one command printed, which are judged together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from liqolab.scenario.feature import Scenario
from liqolab.steps.registry import Registry
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY

GoalKind = Literal["state", "output"]


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as the feature has it; `id` is ``STEP.NUMBER``, counted from 1."""

    id: str
    text: str
    sentence: StepText


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


def outline(scenario: Scenario, registry: Registry = REGISTRY) -> Outline:
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
        found, arguments = registry.find(sentence.text)
        if sentence.kind == "when":
            text = sentence.docstring if found.takes_docstring else arguments.get("command", sentence.text)
            last = f"{scenario.step}.{len(commands) + 1}"
            commands.append(Typed(last, (text or "").strip("\n"), sentence))
        elif found.judges_output and goals and (goals[-1].kind, goals[-1].command) == ("output", last):
            known = goals[-1]
            goals[-1] = Goal(known.id, known.kind, (*known.sentences, sentence), last)
        else:
            kind: GoalKind = "output" if found.judges_output else "state"
            goals.append(Goal(f"{scenario.step}.{len(goals) + 1}", kind, (sentence,), last))
    return Outline(scenario.step, tuple(commands), tuple(goals))
