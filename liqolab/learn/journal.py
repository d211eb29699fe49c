"""The walkthrough's memory: one line of JSON for everything that happened, only ever added to.

A line is written whole, by one write, under a lock that all faces of a playground share; a process that dies in the
middle leaves at most a torn last line, which readers pass over and the next writer ends. What matters (a step is
passed, left, reset) is on the disk before the walkthrough goes on.

Faces of the same playground hear of each other's lines through a datagram socket each: whoever writes rings them all,
so nobody has to look again and again.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock, Thread
from typing import Any

Entry = Mapping[str, Any]
"""``at`` (local time, ISO 8601), ``event``, ``face`` (who wrote it), and what belongs to the event."""

_RING, _END = b"\n", b"."


def read_entries(path: Path) -> list[Entry]:
    """What stands in a journal that is nobody's at the moment, oldest first; nothing where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError:
        return []
    return [entry for line in content.splitlines() if (entry := _parse(line)) is not None]


class Journal:
    """One file, written and read by several faces."""

    def __init__(self, path: Path) -> None:
        """Open it, making it for nobody else's eyes.

        Raises:
            OSError: it cannot be written.
        """
        self.path = path
        self.face = secrets.token_hex(4)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._read_up_to = 0
        self._lock = Lock()
        self._bell: _Bell | None = None

    def write(self, event: str, *, lasting: bool = False, **values: Any) -> Entry:
        """Add a line.

        Args:
            event: what happened.
            lasting: whether it has to be on the disk when this returns.
            values: JSON values that belong to it.

        Raises:
            OSError: the disk is full; the line is not written, or is torn.
        """
        entry = {"at": datetime.now().astimezone().isoformat(), "event": event, "face": self.face, **values}
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode(errors="replace") + b"\n"
        with self._lock:
            # What still comes in while the face closes has nowhere to go.
            if self._file >= 0:
                self._append(line, lasting=lasting)
        if self._bell is not None:
            self._bell.ring_others()
        return entry

    def news(self) -> list[Entry]:
        """What was written since the last call, by whichever face, oldest first."""
        with self._lock:
            if self._file < 0:
                return []
            size = os.fstat(self._file).st_size
            if size < self._read_up_to:
                self._read_up_to = 0
            content = os.pread(self._file, size - self._read_up_to, self._read_up_to)
            whole = content[: content.rfind(b"\n") + 1]
            self._read_up_to += len(whole)
        return [entry for line in whole.splitlines() if (entry := _parse(line)) is not None]

    def on_news(self, listener: Callable[[], None]) -> None:
        """Call `listener`, in a thread of the journal's, when another face has written something."""
        self._bell = _Bell(self.path.parent / "faces", self.face, listener)

    @property
    def company(self) -> int:
        """How many other faces have the same journal open now."""
        return self._bell.others() if self._bell is not None else 0

    def close(self) -> None:
        if self._bell is not None:
            self._bell.close()
            self._bell = None
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _append(self, line: bytes, *, lasting: bool) -> None:
        with self._alone():
            text = line if self._ends_whole() else b"\n" + line
            if os.write(self._file, text) < len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if lasting:
                os.fsync(self._file)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _ends_whole(self) -> bool:
        size = os.fstat(self._file).st_size
        return size == 0 or os.pread(self._file, 1, size - 1) == b"\n"


class _Bell:
    """A socket of this face's in a folder of all faces."""

    def __init__(self, folder: Path, face: str, listener: Callable[[], None]) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._name = face
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._address(face))
        self._listener = listener
        self._thread = Thread(target=self._listen, name="journal", daemon=True)
        self._thread.start()
        # Who is here already is to know that it has company.
        self.ring_others()

    def others(self) -> int:
        """How many of them listen."""
        with contextlib.suppress(OSError):
            return sum(self._listens(name) for name in os.listdir(self._folder) if name != self._name)  # noqa: PTH208
        return 0

    def ring_others(self) -> None:
        for name in os.listdir(self._folder):  # noqa: PTH208 (a descriptor)
            if name != self._name:
                self._ring(name)

    def close(self) -> None:
        self._socket.sendto(_END, self._address(self._name))
        self._thread.join()
        self._socket.close()
        with contextlib.suppress(OSError):
            os.unlink(self._name, dir_fd=self._folder)
        self.ring_others()
        os.close(self._folder)

    def _ring(self, name: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            try:
                sender.sendto(_RING, self._address(name))
            except BlockingIOError:
                # It has not yet heard earlier rings, and one is as good as many.
                return
            except OSError:
                # Nobody listens any more: that face was killed.
                with contextlib.suppress(OSError):
                    os.unlink(name, dir_fd=self._folder)

    def _listens(self, name: str) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            try:
                sender.connect(self._address(name))
            except OSError:
                return False
        return True

    def _address(self, name: str) -> str:
        # The folder's own path may be longer than the 107 bytes that an address has.
        return f"/proc/self/fd/{self._folder}/{name}"

    def _listen(self) -> None:
        while self._socket.recv(1) != _END:
            self._listener()


def _parse(line: bytes) -> Entry | None:
    """None for a line that is torn, or not ours."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and "event" in entry and "at" in entry else None
