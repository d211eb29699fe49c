"""Counts the CPU time that a container uses: an addition for what happens, and nothing for what does not."""

from __future__ import annotations

import time
from typing import Final

WINDOW_SECONDS: Final = 15
"""What a rate is the mean of: what metrics-server has between two looks."""


class Meter:
    """The CPU time of one container, second by second, for as long as it matters."""

    __slots__ = ("_begun", "_busy", "_since", "_spent", "_total")

    def __init__(self) -> None:
        self._spent: dict[int, float] = {}
        self._busy = 0
        self._since = 0.0
        self._total = 0.0
        self._begun = time.monotonic()

    def spend(self, seconds: float) -> None:
        """Something took so much CPU time just now."""
        self._add(int(time.monotonic()), seconds)

    def begin(self) -> None:
        """A script computes from now on."""
        self._settle()
        self._busy += 1

    def end(self) -> None:
        """A script computes no longer."""
        self._settle()
        self._busy -= 1

    def cores(self) -> float:
        """The mean of the last seconds."""
        self._settle()
        now = time.monotonic()
        first = int(now) - WINDOW_SECONDS
        return sum(spent for second, spent in self._spent.items() if second >= first) / (now - first)

    def total(self, idle: float) -> float:
        """All the CPU time there has been, in seconds, with so many cores at rest."""
        self._settle()
        return self._total + idle * (time.monotonic() - self._begun)

    def _settle(self) -> None:
        """Put what was computed since the last time into its seconds."""
        now = time.monotonic()
        if self._busy:
            start = max(self._since, now - WINDOW_SECONDS)
            for second in range(int(start), int(now) + 1):
                self._add(second, self._busy * (min(now, second + 1) - max(start, second)))
        self._since = now

    def _add(self, second: int, seconds: float) -> None:
        if second not in self._spent:
            for old in [key for key in self._spent if key < second - WINDOW_SECONDS]:
                del self._spent[old]
        self._spent[second] = self._spent.get(second, 0.0) + seconds
        self._total += seconds
