"""Taking turns between processes: file locks that the kernel releases when a process ends, however it ends."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path


class Turn:
    """A lock that one process has at a time, or, shared, several that do not mind each other."""

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self._path = path
        self._kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._descriptor: int | None = None

    def take(self, waiting: Callable[[], None] = lambda: None) -> None:
        """Wait for the turn; `waiting` is called once when somebody else has it.

        Ctrl-C breaks the wait off.
        """
        while self._descriptor is None:
            # Whoever was the last to leave may just have removed the folder.
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            try:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            except FileNotFoundError:
                continue
            try:
                self._lock(descriptor, waiting)
                if _is(self._path, descriptor):
                    self._descriptor, descriptor = descriptor, -1
            finally:
                if descriptor >= 0:
                    os.close(descriptor)

    def give_back(self) -> None:
        """End the turn; nothing happens when there is none. Who had it alone removes the file."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            if self._kind == fcntl.LOCK_EX:
                # Whoever waits for this file sees that it is gone, and makes another.
                self._path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def retire(self) -> None:
        """Remove the file when nobody has a turn; the last one to try finds it so."""
        try:
            descriptor = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            self._path.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int, waiting: Callable[[], None]) -> None:
        try:
            fcntl.flock(descriptor, self._kind | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, self._kind)


class Turns:
    """Several locks at once, always taken in the same order, so that nobody waits for each other in a circle."""

    def __init__(self, identities: Sequence[str], folder: Path | None = None) -> None:
        """One lock for each identity, whoever asks for it on this machine as this user."""
        root = folder or lock_folder()
        names = sorted({hashlib.sha256(identity.encode()).hexdigest()[:24] for identity in identities})
        self._turns = [Turn(root / name) for name in names]

    def take(self, waiting: Callable[[], None] = lambda: None) -> None:
        """Wait until all are free at their turn."""
        try:
            for turn in self._turns:
                turn.take(waiting)
        except BaseException:
            self.give_back()
            raise

    def give_back(self) -> None:
        """Give all back that were taken."""
        for turn in reversed(self._turns):
            turn.give_back()


def lock_folder() -> Path:
    """Where locks of clusters are that any run of this user may want: a fixed place, whatever home a run has."""
    return Path(tempfile.gettempdir()) / f"liqolab-leases-{os.getuid()}"


def leave_lock_folder() -> None:
    """Remove the folder when nobody has a lock in it."""
    try:
        lock_folder().rmdir()
    except OSError:
        return


def _is(path: Path, descriptor: int) -> bool:
    """Whether the file that was locked is still the one at that path."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
