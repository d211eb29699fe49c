"""The good run: each step's checks before its commands and after them, and how long everything took."""

from __future__ import annotations

import time
from collections.abc import Callable

from liqolab.author.trial.outcome import CheckTrial, StepTrial
from liqolab.author.trial.patience import impatient
from liqolab.author.trial.plan import Part, StepPlan
from liqolab.author.trial.stage import Stage
from liqolab.steps.execute import execute
from liqolab.steps.failing.error import CheckFailedError

Pace = dict[tuple[str, int], float]
"""How many seconds each part took when all was well: (step, part) → seconds."""


def checkpoint(step: StepPlan, part: Part) -> str:
    """The name under which the state before a part is kept."""
    return f"{step.id}-{part.index}"


def play_both_ways(
    stage: Stage,
    steps: list[StepPlan],
    pace: Pace,
    progress: Callable[[str], None],
    *,
    keep: Callable[[StepPlan, Part], bool],
) -> list[StepTrial]:
    """Play the steps in order, until one does not work.

    Args:
        stage: an empty playground.
        steps: from the lesson's first one on.
        pace: is filled in.
        progress: is told what goes on.
        keep: before which parts the state is kept for later.
    """
    trials = []
    for step in steps:
        progress(f"{step.title}: its checks before anything is typed")
        trial = _before(stage, step)
        trials.append(trial)
        progress(f"{step.title}: solved, and checked")
        started = time.monotonic()
        _solve(stage, step, trial, pace, keep)
        trial.seconds = time.monotonic() - started
        if trial.problem or not all(check.passed for check in trial.checks):
            break
    return trials


def _before(stage: Stage, step: StepPlan) -> StepTrial:
    """Ask every check before the step, without waiting. Commands whose output is checked are typed; they only look."""
    trial = StepTrial(step.id, step.title)
    looks = any(check.judges_output for check in step.checks)
    name = f"{step.id}-before"
    if looks:
        stage.keep(name)
    stage.lab.last = None
    for part in step.parts:
        if part.kind == "check":
            trial.checks.append(CheckTrial(part.sentence, _holds(stage, part)))
        elif part.kind == "typed" and _is_look(step, part):
            stage.lab.run(part.commands[0], _LOOK_SECONDS)
        else:
            # Nobody has typed this yet, so nothing was printed that could be judged.
            stage.lab.last = None
    if looks:
        stage.go_back(name)
    return trial


_LOOK_SECONDS = 60.0


def _is_look(step: StepPlan, part: Part) -> bool:
    """Whether what is typed is one command that only its output's checks need."""
    following = next((other for other in step.parts if other.index > part.index), None)
    return not part.stops and len(part.commands) == 1 and following is not None and following.judges_output


def _holds(stage: Stage, part: Part) -> bool:
    try:
        execute(stage.lab, impatient(part, 0.0))
    except CheckFailedError:
        return False
    return True


def _solve(stage: Stage, step: StepPlan, trial: StepTrial, pace: Pace, keep: Callable[[StepPlan, Part], bool]) -> None:
    checks = iter(trial.checks)
    for part in step.parts:
        if keep(step, part):
            stage.keep(checkpoint(step, part))
        started = time.monotonic()
        check = next(checks) if part.kind == "check" else None
        try:
            execute(stage.lab, part.text)
        except CheckFailedError as error:
            if check is None:
                trial.problem = f"{part.sentence}\n{error}"
            else:
                check.passed, check.problem = False, str(error)
            return
        seconds = time.monotonic() - started
        pace[step.id, part.index] = seconds
        if check is not None:
            check.passed, check.seconds = True, seconds
