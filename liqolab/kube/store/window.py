"""The recent past: the last changes, from which watches resume and consistent pages are rebuilt."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from liqolab.kube.store.errors import ExpiredError, FutureError
from liqolab.kube.store.record import Change

WINDOW_CHANGES = 10_000
WINDOW_BYTES = 16 * 1024 * 1024
"""Either limit ends the window: it may not take a cluster's whole memory when the objects are large."""

_PARSED = 256
"""How many of the last changes keep parsed forms: by then every reader that keeps up has had its look."""


class Window:
    """A bounded, gapless run of changes up to the current revision."""

    def __init__(self, revision: int, changes: int = WINDOW_CHANGES, size: int = WINDOW_BYTES) -> None:
        self._changes: deque[Change] = deque()
        self._limit = changes
        self._size_limit = size
        self._size = 0
        self.oldest = revision
        """Watches may resume after this revision or any later one."""

    def append(self, change: Change) -> None:
        self._changes.append(change)
        if len(self._changes) > _PARSED:
            self._changes[-_PARSED].forget_objects()
        self._size += len(change.record.encoded)
        while len(self._changes) > self._limit or self._size > self._size_limit:
            dropped = self._changes.popleft()
            self._size -= len(dropped.record.encoded)
            self.oldest = dropped.revision

    def check(self, revision: int, current: int) -> None:
        """Whether the state at `revision` can still be told.

        Raises:
            ExpiredError: it is older than the window.
            FutureError: it has not happened yet.
        """
        if revision < self.oldest:
            raise ExpiredError(revision, self.oldest)
        if revision > current:
            raise FutureError(revision, current)

    def after(self, revision: int) -> list[Change]:
        """All changes after `revision`, oldest first."""
        return list(reversed(list(self.back_to(revision))))

    def back_to(self, revision: int) -> Iterator[Change]:
        """All changes after `revision`, newest first."""
        for change in reversed(self._changes):
            if change.revision <= revision:
                return
            yield change
