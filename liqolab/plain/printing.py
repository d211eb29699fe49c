"""Writes lines: whole ones, each of which says of itself what it is about.

A screen reader reads line by line, and a log is searched line by line, so nothing here is drawn: no colour, no cursor
movement, no columns that only mean something under their heading. What a program prints goes through as it comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from threading import Lock
from typing import TextIO

# Escape sequences and control characters of programs; a screen reader would spell them out.
_NOISE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


class Printer:
    """One stream, for several threads."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = Lock()
        self._at_line_start = True

    def line(self, text: str = "") -> None:
        """A line, or several."""
        self.lines(text.split("\n"))

    def lines(self, texts: Iterable[str]) -> None:
        with self._lock:
            self._to_line_start()
            for text in texts:
                self._write(f"{harmless(text)}\n")
            self._stream.flush()

    def output(self, text: str) -> None:
        """A piece of what a program prints."""
        with self._lock:
            self._write(harmless(text))
            self._stream.flush()

    def prompt(self, text: str) -> None:
        """Ask, on a line of its own that is not ended."""
        with self._lock:
            self._to_line_start()
            self._stream.write(text)
            self._stream.flush()
            # Whoever answers ends the line.
            self._at_line_start = True

    def echo(self, text: str) -> None:
        """What was read behind a prompt; nothing stands for the end of the input."""
        with self._lock:
            self._write(harmless(text.rstrip("\r\n")) + "\n")
            self._stream.flush()

    def _to_line_start(self) -> None:
        if not self._at_line_start:
            self._stream.write("\n")
            self._at_line_start = True

    def _write(self, text: str) -> None:
        if text:
            self._stream.write(text.encode(errors="replace").decode(self._stream.encoding or "utf-8", "replace"))
            self._at_line_start = text.endswith("\n")


def harmless(text: str) -> str:
    """Without what would move a cursor or change a colour."""
    return _NOISE.sub("", text)
