"""Plays one sabotage: back to the state before, the spoilt commands, then the rest of the step until a check is red."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from liqolab.author.sabotage.block import Block, Change, Surroundings
from liqolab.author.sabotage.operators import changes
from liqolab.author.trial.both_ways import Pace, checkpoint
from liqolab.author.trial.outcome import Mutant, SabotageTrial, Verdict
from liqolab.author.trial.patience import impatient, patience, waits
from liqolab.author.trial.plan import Part, StepPlan
from liqolab.author.trial.stage import Stage
from liqolab.shelltext.words import shown
from liqolab.steps.execute import execute
from liqolab.steps.failing.error import CheckFailedError

_SLOWER = 5.0
_LEAST_COMMAND_SECONDS = 20.0
_COMMAND_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class _Noticed:
    verdict: Verdict
    by: str = ""
    hurried: bool = False


def mutants(steps: list[StepPlan], around: Surroundings) -> Iterator[Mutant]:
    """Every sabotage of the steps, in the order of the lesson."""
    for step in steps:
        for part in step.parts:
            if part.kind == "typed":
                for operator, change in changes(Block(part.commands), around):
                    yield Mutant(step.id, part.index, operator, change)
            elif part.kind == "action" and part.text.kind == "when":
                change = Change((), f"without: {part.sentence}")
                yield Mutant(step.id, part.index, "drop-command", change)


def chosen(everything: list[Mutant], count: int | None, seed: int) -> list[Mutant]:
    """`count` of them, the same ones for the same seed, in their order; all of them for None."""
    if count is None or count >= len(everything):
        return everything
    picked = set(random.Random(seed).sample(range(len(everything)), count))  # noqa: S311 (a choice, not a secret)
    return [mutant for index, mutant in enumerate(everything) if index in picked]


class Saboteur:
    """Plays sabotages on a stage on which the good run was played."""

    def __init__(self, stage: Stage, steps: list[StepPlan], pace: Pace) -> None:
        self._stage = stage
        self._steps = {step.id: step for step in steps}
        self._pace = pace

    def play(self, mutant: Mutant) -> SabotageTrial:
        """Play one sabotage with little patience."""
        started = time.monotonic()
        noticed = self._play(mutant, patient=False)
        trial = SabotageTrial(mutant.step, mutant.operator, mutant.change.what, noticed.verdict, noticed.by)
        trial.seconds, trial.hurried = time.monotonic() - started, noticed.hurried
        return trial

    def confirm(self, mutant: Mutant) -> bool:
        """Whether it is noticed, too, when every check waits as long as it does in a real run."""
        return self._play(mutant, patient=True).verdict != "survived"

    def _play(self, mutant: Mutant, *, patient: bool) -> _Noticed:
        step = self._steps[mutant.step]
        spoilt = next(part for part in step.parts if part.index == mutant.part)
        self._stage.go_back(checkpoint(step, spoilt))
        self._stage.write(mutant.change.files)
        for part in step.parts:
            if part.index < mutant.part:
                continue
            commands = mutant.change.commands if part is spoilt else part.commands
            noticed = self._play_part(step, part, commands, patient=patient, spoilt=part is spoilt)
            if noticed is not None:
                return noticed
        return _Noticed("survived")

    def _play_part(
        self, step: StepPlan, part: Part, commands: tuple[str, ...], *, patient: bool, spoilt: bool
    ) -> _Noticed | None:
        """None when nobody noticed anything yet."""
        good = self._pace.get((step.id, part.index), 0.0)
        if part.kind == "typed":
            return self._type(part, commands, max(_SLOWER * good, _LEAST_COMMAND_SECONDS))
        if part.kind == "action" and spoilt:
            return None
        text = part.text if patient or part.kind == "action" else impatient(part, patience(good))
        try:
            execute(self._stage.lab, text)
        except CheckFailedError:
            if part.kind == "action":
                return _Noticed("refused", part.sentence)
            return _Noticed("caught", part.sentence, waits(part))
        return None

    def _type(self, part: Part, commands: tuple[str, ...], limit: float) -> _Noticed | None:
        if not commands:
            # Whoever types nothing sees nothing.
            return None
        for command in commands:
            completed = self._stage.lab.run(command, min(limit, _COMMAND_SECONDS))
            if completed.timed_out:
                return _Noticed("refused", f"it does not end: {shown(command)}")
            # One that fails without a word is not noticed; a single command's failure is for its checks to judge.
            if part.stops and completed.code != 0 and completed.output.strip():
                return _Noticed("refused", completed.output.strip().splitlines()[-1])
        return None
