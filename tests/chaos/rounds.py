"""A round of chaos from its plan to its end, and the journal of it."""

from __future__ import annotations

import time
from collections.abc import Callable

from liqolab.steps.residue import Inventory
from tests.chaos.convergence import await_convergence, await_rest
from tests.chaos.plan import Plan
from tests.chaos.stage import FailedError, Stage

_BREAKING = ("kill", "pause", "cut", "crash")


def play(plan: Plan, stage: Stage, before: Inventory, tell: Callable[[str], None]) -> None:
    """Carry a plan out, heal everything, and see that all that was asked for is there; then end it, and see that
    nothing is left.

    Raises:
        FailedError: it is not so.
    """
    begun = time.monotonic()
    harmless = True
    for action in plan.actions:
        said = stage.do(action)
        tell(f"{time.monotonic() - begun:7.1f}s {action}{f': {said}' if said else ''}")
        if said and harmless and action.what not in _BREAKING:
            raise FailedError(f"{action}, with nothing broken yet: {said}")
        if said:
            stage.unfinished.append(action)
        harmless = harmless and action.what not in _BREAKING
    tell(f"{time.monotonic() - begun:7.1f}s everything is healed")
    stage.heal()
    await_convergence(stage)
    tell(f"{time.monotonic() - begun:7.1f}s converged")
    stage.unmake()
    await_rest(stage, before)
    tell(f"{time.monotonic() - begun:7.1f}s nothing is left")
