"""Usual mistakes of learners: data of a lesson, recognised by what was typed and by what came of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Attempt:
    """A command that a learner ran.

    Attributes:
        text: as typed.
        cluster: which cluster it addressed; empty where none can be told.
    """

    text: str
    code: int
    output: str
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a mistake is recognised: all of what is given has to be so.

    Attributes:
        command, without: patterns that are found, and not found, in what was typed.
        output: a pattern that is found in what was printed.
        cluster: what the command addressed.
        fails: whether the exit code is not 0; None for either.
    """

    command: re.Pattern[str] | None = None
    without: re.Pattern[str] | None = None
    output: re.Pattern[str] | None = None
    cluster: str = ""
    fails: bool | None = None

    def holds(self, attempt: Attempt) -> bool:
        return (
            (self.command is None or self.command.search(attempt.text) is not None)
            and (self.without is None or self.without.search(attempt.text) is None)
            and (self.output is None or self.output.search(attempt.output) is not None)
            and self.cluster in ("", attempt.cluster)
            and self.fails in (None, attempt.code != 0)
        )


@dataclass(frozen=True, slots=True)
class Mistake:
    """One usual mistake, and what a kind teacher says about it."""

    id: str
    when: Condition
    say: str


def recognise(mistakes: tuple[Mistake, ...], attempt: Attempt) -> Mistake | None:
    """The first mistake that an attempt is."""
    found: Any = (mistake for mistake in mistakes if mistake.when.holds(attempt))
    return next(found, None)
