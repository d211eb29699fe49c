"""What a controller has done and its caches have not shown yet.

An informer lags behind the writes of the controller that reads it. Counting pods in the cache right after creating
some would count too few, and the controller would create them again. So it notes what it expects to see, and leaves an
owner alone until its informer has delivered that much. Notes that are never fulfilled (a watch event can be lost
between two lists) end after `TIMEOUT`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

TIMEOUT = 300.0
"""Seconds after which an unfulfilled expectation is given up."""


@dataclass(slots=True)
class _Note:
    created: int = 0
    deleted: set[str] = field(default_factory=set)
    since: float = 0.0


class Expectations:
    """Expected creations (a number) and deletions (uids) of every owner, by the owner's key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._notes: dict[str, _Note] = {}

    def expect_creations(self, owner: str, count: int) -> None:
        """Call before creating: the informer may be faster than the answer."""
        note = self._note(owner)
        note.created += count

    def expect_deletions(self, owner: str, uids: Iterable[str]) -> None:
        self._note(owner).deleted.update(uids)

    def creation_observed(self, owner: str) -> None:
        """One object of `owner` has appeared, or its creation has failed."""
        note = self._notes.get(owner)
        if note and note.created > 0:
            note.created -= 1

    def deletion_observed(self, owner: str, uid: str) -> None:
        """`uid` is gone or going, or its deletion has failed."""
        note = self._notes.get(owner)
        if note:
            note.deleted.discard(uid)

    def satisfied(self, owner: str) -> bool:
        """Whether the caches have shown all that was done for `owner`."""
        note = self._notes.get(owner)
        if note is None:
            return True
        if (note.created == 0 and not note.deleted) or self._clock() - note.since > TIMEOUT:
            del self._notes[owner]
            return True
        return False

    def forget(self, owner: str) -> None:
        """The owner is gone."""
        self._notes.pop(owner, None)

    def _note(self, owner: str) -> _Note:
        note = self._notes.setdefault(owner, _Note())
        note.since = self._clock()
        return note
