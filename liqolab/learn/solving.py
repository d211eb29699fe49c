"""Types what remains of a step, in the order of the feature, and waits where the feature waits."""

from __future__ import annotations

from collections.abc import Callable, Set
from contextlib import AbstractContextManager

from liqolab.learn.judging import Verdict
from liqolab.learn.steps import Stage
from liqolab.learn.teaching import parts
from liqolab.process import Completed
from liqolab.scenario.outline import Goal, Typed
from liqolab.steps.execute import perform
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Failure
from liqolab.steps.lab import Lab
from liqolab.steps.vocabulary import REGISTRY

COMMAND_SECONDS = 300.0

Looking = Callable[[], AbstractContextManager[Lab]]
"""Gives the lab for as long as one looks through it."""

Type = Callable[[str, float], Completed]
"""Types a command into the learner's bash; it is interrupted after so many seconds."""


class Solver:
    """Solves one step from wherever the learner stands."""

    def __init__(self, stage: Stage, done: Set[str], on: Set[str]) -> None:
        """Begin there.

        Args:
            stage: the step.
            done: ids of single commands that were run with success (see `teaching.parts`).
            on: ids of goals that are reached.
        """
        self._stage = stage
        self._done = done
        self._on = on

    @property
    def next_command(self) -> str:
        """The first block that is still to be typed, or what is left of it; empty when nothing is."""
        for typed in self._stage.outline.commands:
            if remaining := self._remaining(typed):
                return "\n".join(remaining)
        return ""

    def play(
        self, looking: Looking, type_: Type, stopping: Callable[[], bool], reason: Callable[[Failure], str]
    ) -> list[Verdict]:
        """Type and wait, goal after goal; what became of the goals.

        Args:
            looking: gives the lab that sees the clusters.
            type_: types a command.
            stopping: whether somebody has had enough; asked before every command and goal.
            reason: why a goal was not reached, in words.
        """
        verdicts: list[Verdict] = []
        outline = self._stage.outline
        for goal in (*outline.goals, None):
            for typed in self._before(goal):
                for text in self._remaining(typed):
                    if stopping():
                        return verdicts
                    last = type_(text, COMMAND_SECONDS)
                    with looking() as lab:
                        lab.last = last
            if goal is not None and not stopping() and not (goal.kind == "output" and goal.id in self._on):
                verdicts.append(self._wait_for(goal, looking, reason))
        return verdicts

    def wait_before(self, text: str, looking: Looking, reason: Callable[[Failure], str]) -> None:
        """Wait where the feature waits before it types a command; for any other text not at all.

        What does not come about is not told: whoever judges the step will find it.
        """
        commands = self._stage.outline.commands
        order = [typed.id for typed in commands]
        here = next((at for at, typed in enumerate(commands) if typed.text.split() == text.split()), 0)
        for goal in self._stage.outline.goals:
            if goal.kind != "output" and order.index(goal.command) < here:
                self._wait_for(goal, looking, reason)

    def _before(self, goal: Goal | None) -> list[Typed]:
        """The commands between the goal before and this one; None: those after the last."""
        commands, goals = self._stage.outline.commands, self._stage.outline.goals
        order = [typed.id for typed in commands]
        position = goals.index(goal) if goal is not None else len(goals)
        begin = order.index(goals[position - 1].command) + 1 if position else 0
        end = order.index(goal.command) + 1 if goal is not None else len(order)
        return list(commands[begin:end])

    def _remaining(self, typed: Typed) -> list[str]:
        """The single commands of a block that were not run yet, or whose output is not yet as it should be."""
        asked = [goal.id for goal in self._stage.outline.goals if goal.kind == "output" and goal.command == typed.id]
        if asked:
            # What is typed in order to be read is done when it has said what is to be read.
            return [] if self._on >= {*asked} else [text for _, text in parts(typed)]
        return [text for part, text in parts(typed) if part not in self._done]

    @staticmethod
    def _wait_for(goal: Goal, looking: Looking, reason: Callable[[Failure], str]) -> Verdict:
        with looking() as lab:
            try:
                for sentence in goal.sentences:
                    perform(lab, sentence, REGISTRY)
            except CheckFailedError as error:
                return Verdict(goal.id, holds=False, reason=reason(error.failure))
        return Verdict(goal.id, holds=True)
