"""A whole trial of a lesson on one stage, from an empty playground to nothing left."""

from __future__ import annotations

import random
import secrets
import time
from dataclasses import dataclass

from liqolab.author.trial import explanations
from liqolab.author.trial.both_ways import Pace, play_both_ways
from liqolab.author.trial.outcome import Mutant, SabotageTrial, Trial
from liqolab.author.trial.plan import Part, StepPlan, plan, surroundings
from liqolab.author.trial.sabotaging import Saboteur, chosen, mutants
from liqolab.author.trial.stage import Stage, open_stage
from liqolab.scenario.lesson import Lesson
from liqolab.scenario.library import LessonError

CONFIRMED = 4
"""How many of the caught sabotages are tried again with full patience, unless asked otherwise."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an author asks for.

    Attributes:
        step: only this step is sabotaged, and the lesson is played no further; empty for all.
        sabotage: whether to sabotage at all.
        count: how many sabotages are tried; None for all.
        seed: settles which ones, and which are confirmed.
        confirm: how many caught ones are tried again with full patience.
        share: of those who work side by side, this one's number (from 0) and how many they are.
    """

    step: str = ""
    sabotage: bool = True
    count: int | None = None
    seed: int = 0
    confirm: int = CONFIRMED
    share: tuple[int, int] = (0, 1)


class Listener:
    """Told of what goes on; the methods of this class do nothing."""

    def doing(self, text: str) -> None:
        """Something begins that takes a while."""

    def sabotaged(self, trial: SabotageTrial, number: int, total: int) -> None:
        """One sabotage was played: the `number`-th of `total`."""


def try_lesson(lesson: Lesson, settings: Settings, listener: Listener) -> Trial:
    """Play the lesson both ways, then sabotage it.

    Raises:
        LessonError: there is no such step, or an explanation is not what it should be.
        PlaygroundError: the playground could not be made, or a state not be brought back.
    """
    steps = _until(plan(lesson), settings.step, lesson.name)
    known = explanations.load(lesson.files.parent)
    started = time.monotonic()
    everything = list(mutants(_sabotaged(steps, settings), surroundings(lesson))) if settings.sabotage else []
    sampled = settings.count is not None and settings.count < len(everything)
    trial = Trial(lesson.name, sabotaged=settings.sabotage, sampled=sampled)
    share, workers = settings.share
    # By turns, so that each gets its part of the long steps and of the short ones.
    selected = chosen(everything, settings.count, settings.seed)[share::workers]
    with open_stage(lesson, f"author-{secrets.token_hex(3)}") as stage:
        _play(stage, steps, selected, trial, settings, listener)
        listener.doing("Taking the playground down")
        leftovers = stage.close()
    trial.leftovers = [*leftovers.processes, *leftovers.files]
    trial.stale = explanations.explain(known, trial.sabotages) if settings.count is None and workers == 1 else []
    trial.seconds = time.monotonic() - started
    return trial


def _play(
    stage: Stage,
    steps: list[StepPlan],
    selected: list[Mutant],
    trial: Trial,
    settings: Settings,
    listener: Listener,
) -> None:
    pace: Pace = {}
    needed = {(mutant.step, mutant.part) for mutant in selected}

    def keep(step: StepPlan, part: Part) -> bool:
        return (step.id, part.index) in needed

    trial.steps = play_both_ways(stage, steps, pace, listener.doing, keep=keep)
    trial.left_clusters = stage.clusters
    trial.left_files = stage.strange_files()
    if not all(step.passed for step in trial.steps):
        return
    saboteur = Saboteur(stage, steps, pace)
    played = []
    for number, mutant in enumerate(selected, 1):
        listener.doing(f"{number} of {len(selected)}: {mutant.step}: {mutant.operator}: {mutant.change.what}")
        outcome = saboteur.play(mutant)
        played.append((mutant, outcome))
        trial.sabotages.append(outcome)
        listener.sabotaged(outcome, number, len(selected))
    _confirm(saboteur, played, settings, listener)


def _confirm(
    saboteur: Saboteur, played: list[tuple[Mutant, SabotageTrial]], settings: Settings, listener: Listener
) -> None:
    """Try some of those again that were caught by a check that gave up waiting: was it only impatient?"""
    doubtful = [entry for entry in played if entry[1].hurried]
    picked = random.Random(settings.seed)  # noqa: S311 (a choice, not a secret)
    share, workers = settings.share
    count = len(range(share, settings.confirm, workers))
    for mutant, outcome in picked.sample(doubtful, min(count, len(doubtful))):
        listener.doing(f"With full patience: {mutant.step}: {mutant.operator}: {mutant.change.what}")
        outcome.confirmed = saboteur.confirm(mutant)


def _until(steps: list[StepPlan], step: str, lesson: str) -> list[StepPlan]:
    ids = [entry.id for entry in steps]
    if step and step not in ids:
        raise LessonError(f'lesson {lesson} has no step "{step}"; it has {", ".join(ids)}')
    return steps[: ids.index(step) + 1] if step else steps


def _sabotaged(steps: list[StepPlan], settings: Settings) -> list[StepPlan]:
    return [step for step in steps if settings.step in ("", step.id)]
