"""What commands printed, kept for the runner pane: bounded, thread-safe, plain text.

A program may print faster than anybody can draw or read, so the transcript keeps the last lines only, and hands them
out in one piece to whoever comes to look. Escape sequences and control characters are taken out; a line that a program
writes over again with carriage returns is kept as it was left.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Literal

from liqolab.plain.printing import harmless

EntryKind = Literal["command", "output", "passed", "failed", "remark", "skipped"]

KEPT_LINES = 4000
LONGEST_LINE = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line, and what it is."""

    kind: EntryKind
    text: str


class Transcript:
    """Lines in order, and the beginning of a line that is not finished yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT_LINES)
        self._fresh: deque[Entry] = deque(maxlen=KEPT_LINES)
        self._skipped = 0
        self._open = ""

    def write(self, text: str) -> None:
        """Add a piece of output."""
        with self._lock:
            *lines, rest = (self._open + text).split("\n")
            for line in lines:
                self._add(Entry("output", _plain(line)))
            self._open = rest[-LONGEST_LINE:]

    def note(self, kind: EntryKind, text: str) -> None:
        """Add lines that no program printed; they stand alone."""
        with self._lock:
            self._close_line()
            for line in text.split("\n"):
                self._add(Entry(kind, _plain(line)))

    def drain(self) -> list[Entry]:
        """What came since the last call."""
        with self._lock:
            fresh = list(self._fresh)
            if self._skipped:
                fresh.insert(0, Entry("skipped", str(self._skipped)))
            self._fresh.clear()
            self._skipped = 0
            return fresh

    def all(self) -> list[Entry]:
        """Everything that is kept; nothing of it is fresh any more."""
        with self._lock:
            self._fresh.clear()
            self._skipped = 0
            return list(self._entries)

    @property
    def unfinished(self) -> str:
        """The line that is being written."""
        with self._lock:
            return _plain(self._open)

    def _close_line(self) -> None:
        if self._open:
            self._add(Entry("output", _plain(self._open)))
            self._open = ""

    def _add(self, entry: Entry) -> None:
        if len(self._fresh) == self._fresh.maxlen:
            self._skipped += 1
        self._entries.append(entry)
        self._fresh.append(entry)


def _plain(line: str) -> str:
    text = harmless(line.rstrip("\r").rpartition("\r")[2]).expandtabs(8)
    return text if len(text) <= LONGEST_LINE else f"{text[:LONGEST_LINE]}…"
