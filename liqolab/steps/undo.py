"""Taking back what a scenario did: actions leave an `Undo` each, and the last action is taken back first.

Cleaning up never stops halfway: what cannot be undone is told in words, and the rest is undone all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from liqolab.steps.failing.error import CheckFailedError


@dataclass(frozen=True, slots=True)
class Undo:
    """How to take back what an action did; `what` says it in a few words, for a report of what could not be undone."""

    what: str
    act: Callable[[], object]


def undo_all(actions: list[Undo]) -> list[str]:
    """Take back every action of a list and empty it, the last one first; what could not be taken back, a line each."""
    problems = []
    while actions:
        undo = actions.pop()
        try:
            undo.act()
        except CheckFailedError as error:
            problems.append(f"{undo.what}: {error.failure.summary}")
        except Exception as error:
            # Whatever it is, what was done before this still has to be taken back.
            problems.append(f"{undo.what}: {type(error).__name__}: {error}")
    return problems
