"""What can go wrong in the store; the API layer turns these into Statuses."""

from __future__ import annotations

import errno
import sqlite3


class StoreError(Exception):
    """Base of all errors of the store; the text is meant for people."""


class ExistsError(StoreError):
    """A create found an object of that key."""


class StaleError(StoreError):
    """A compare-and-set found another version than the caller had read."""


class GoneError(StaleError):
    """A compare-and-set found no object any more."""


class ExpiredError(StoreError):
    """A watch or a list asks for a revision older than the window of remembered changes.

    Attributes:
        requested: the revision that was asked for.
        oldest: the oldest revision that can still be served.
    """

    def __init__(self, requested: int, oldest: int) -> None:
        super().__init__(f"too old resource version: {requested} ({oldest})")
        self.requested = requested
        self.oldest = oldest


class FutureError(StoreError):
    """A read asks for a revision that has not been written yet."""

    def __init__(self, requested: int, current: int) -> None:
        super().__init__(f"Too large resource version: {requested}, current: {current}")
        self.requested = requested
        self.current = current


class WriteFailedError(StoreError):
    """The disk did not take the write; memory and disk are as they were before."""


class OpenFailedError(StoreError):
    """The file cannot be opened for writing; nothing is wrong with what is in it."""


class CorruptError(StoreError):
    """The file is not a store, or damaged."""


def write_failed(error: Exception) -> WriteFailedError:
    """Say what the disk's refusal means to a person."""
    text = str(error)
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(error, sqlite3.OperationalError) and ("full" in text or "disk I/O" in text):
        full = "full" in text or full
    if full:
        return WriteFailedError(f"the cluster's disk is full: {text}; free some space, nothing was changed")
    return WriteFailedError(f"the cluster's store could not be written: {text}; nothing was changed")
