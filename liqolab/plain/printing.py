"""Writes lines: whole ones, each of which says of itself what it is about.

A screen reader reads line by line, and a log is searched line by line, so nothing here is drawn: no colour, no cursor
movement, no columns that only mean something under their heading. What a program prints goes through as it comes.
"""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Iterable
from threading import Lock
from typing import TextIO

# Escape sequences and control characters of programs; a screen reader would spell them out.
_NOISE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


_LEAD = re.compile(r" *(?:[-*] |\d+\. )?")
_NARROWEST = 20


class Verbatim(str):
    """A line that people copy: it is never broken."""

    __slots__ = ()


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
            width = self._width()
            for text in texts:
                for line in wrapped(harmless(text), 0 if isinstance(text, Verbatim) else width):
                    self._write(f"{line}\n")
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

    def _width(self) -> int:
        """How wide the terminal is; 0 where there is none, and lines stay whole for whoever searches them."""
        try:
            return os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            return 0

    def _to_line_start(self) -> None:
        if not self._at_line_start:
            self._stream.write("\n")
            self._at_line_start = True

    def _write(self, text: str) -> None:
        if text:
            self._stream.write(text.encode(errors="replace").decode(self._stream.encoding or "utf-8", "replace"))
            self._at_line_start = text.endswith("\n")


def wrapped(text: str, width: int) -> list[str]:
    """A line of prose in pieces no wider than the terminal, broken between words.

    What follows a piece is indented as far as the text of the first one, behind the sign of a list if it has one.
    """
    if width <= 0 or len(text) <= width:
        return [text]
    lead = _LEAD.match(text)
    indent = " " * len(lead.group()) if lead is not None else ""
    broken = textwrap.wrap(
        text[len(indent) :],
        max(width - len(indent), _NARROWEST),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [f"{indent if place else text[: len(indent)]}{line}" for place, line in enumerate(broken)]


def harmless(text: str) -> str:
    """Without what would move a cursor or change a colour."""
    return _NOISE.sub("", text)
