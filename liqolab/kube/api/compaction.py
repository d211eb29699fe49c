"""How long a list can be read at a revision of the past, however few changes there were since.

A real server compacts its storage every five minutes, which ends the pages of lists that began before. Ours could go on
for as long as its window of changes reaches back; programs that have to cope with the end would never meet it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

SECONDS: Final = 300.0
"""``--etcd-compaction-interval`` of a real server, which nobody changes."""


class Compaction:
    """Remembers when pages were cut, and forgets their revisions in time.

    Args:
        clock: seconds, for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._cut: OrderedDict[int, float] = OrderedDict()
        self._compacted = 0

    def remember(self, revision: int) -> None:
        """A page was cut that shows the state at `revision`."""
        self._forget()
        self._cut.setdefault(revision, self._clock())

    def is_gone(self, revision: int) -> bool:
        """Whether that state, if it is not the newest one, cannot be read any more."""
        self._forget()
        return revision <= self._compacted

    def _forget(self) -> None:
        before = self._clock() - SECONDS
        while self._cut:
            revision, moment = next(iter(self._cut.items()))
            if moment > before:
                return
            del self._cut[revision]
            self._compacted = max(self._compacted, revision)
