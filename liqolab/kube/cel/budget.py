"""How much work expressions may do.

Work is counted in the units of Kubernetes' own limits, where a step is one unit and ten characters of text are one. A
unit takes this interpreter several times as long as upstream's, so time has a limit of its own: a rule that nobody
foresaw must not keep a whole cluster waiting, whatever it costs on paper.
"""

from __future__ import annotations

import time
from typing import Final

from liqolab.kube.cel.errors import BudgetExceededError

PER_CALL: Final = 1_000_000
"""Units of one evaluation of one expression."""

PER_OBJECT: Final = 10_000_000
"""Units of all rules of an object, or of all expressions of a policy."""

MATCH_CONDITIONS: Final = 2_500_000
"""Units of all match conditions of a webhook or policy."""

_SECONDS: Final = 1.0
"""Upstream reckons with one second for `PER_OBJECT`."""

_LOOK_EVERY: Final = 256
"""Units between two looks at the clock."""


class Meter:
    """Counts the units of one object's expressions, one expression after the other."""

    __slots__ = ("_deadline", "_limit", "_look", "remaining", "used")

    def __init__(self, total: int = PER_OBJECT) -> None:
        self.remaining = total
        self.used = 0
        self._limit = PER_CALL
        self._look = _LOOK_EVERY
        self._deadline = time.perf_counter() + _SECONDS

    def begin(self) -> None:
        """The next expression starts."""
        self.used = 0
        self._look = _LOOK_EVERY

    def end(self) -> bool:
        """The expression is over; whether there is something left for others."""
        self.remaining -= self.used
        return self.remaining >= 0

    def spend(self, units: int) -> None:
        """Count.

        Raises:
            BudgetExceededError: the expression has had its share.
        """
        self.used += units
        if self.used >= self._look:
            self._look = self.used + _LOOK_EVERY
            if self.used > self._limit or time.perf_counter() > self._deadline:
                raise BudgetExceededError
