"""One thing at a time: who acts on the clusters or the bash has the turn, and everybody hears what happens.

Whoever wants to act meanwhile is refused, and not kept waiting: a person who is told can decide.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator
from threading import Lock

from liqolab.learn.notices import BusyChanged, Listener, Notice
from liqolab.learn.texts import Texts

_OF_THE_DISK = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOENT])


class WalkthroughError(Exception):
    """What was asked for cannot be done now; the text says why, `hint` what to do instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Turns:
    """The turn of one walkthrough, and its listeners; thread-safe.

    Attributes:
        stopping: whether who has the turn is asked to come to an end.
        closed: whether the walkthrough is over.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._acting = Lock()
        self._listeners: list[Listener] = []
        self.stopping = False
        self.closed = False

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` everything from now on; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, *notices: Notice) -> None:
        for notice in notices:
            for listener in tuple(self._listeners):
                listener(notice)

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Have the turn.

        Raises:
            WalkthroughError: somebody has it, or the disk is full.
        """
        if not self._acting.acquire(blocking=False):
            raise WalkthroughError(self._texts("error.busy"), self._texts("error.busy_hint"))
        self.stopping = False
        try:
            with self.telling_of_the_disk():
                yield
        finally:
            self._acting.release()

    @contextlib.contextmanager
    def taken_if_free(self) -> Iterator[bool]:
        """Have the turn unless somebody has it: the answer says which."""
        free = not self.closed and self._acting.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._acting.release()

    @contextlib.contextmanager
    def busy(self, key: str) -> Iterator[None]:
        """Tell that something takes a moment."""
        self.tell(BusyChanged(self._texts(key)))
        try:
            yield
        finally:
            self.tell(BusyChanged(None))

    @contextlib.contextmanager
    def telling_of_the_disk(self) -> Iterator[None]:
        """A disk that is full, or a folder that is gone, ends what was being done and nothing else."""
        try:
            yield
        except OSError as error:
            if error.errno not in _OF_THE_DISK:
                raise
            reason = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
            raise WalkthroughError(self._texts("error.disk", reason=reason), self._texts("error.disk_hint")) from None
