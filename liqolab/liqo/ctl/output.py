"""Prints as pterm does: coloured prefixes and a live spinner on a terminal, plain lines elsewhere.

Scripts read the plain form and people the other one, so both are upstream's to the letter. All of it goes to standard
output. Colours are left out when ``NO_COLOR`` is set; the prefixes carry the meaning.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import unicodedata
from collections.abc import Sequence
from typing import Final, TextIO

from liqolab.liqo.gen05.messages import Step

INFO: Final = "INFO"
SUCCESS: Final = "SUCCESS"
WARNING: Final = "WARN"
ERROR: Final = "ERRO"

_COLOURS: Final = {INFO: ("30;46", "96"), SUCCESS: ("30;42", "32"), WARNING: ("30;43", "33"), ERROR: ("30;101", "91")}
"""SGR codes of prefix and message."""
_FRAMES: Final = "▀▄" if os.environ.get("TERM") == "linux" else "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAME_SECONDS: Final = 0.2
_TERMINAL_WIDTH: Final = 80
_BOX_WIDTH: Final = 80
_TAB_WIDTH: Final = 8


class Printer:
    """Where a command's lines go.

    Attributes:
        scope: which of two clusters they are about; shown on a terminal only, as upstream does.
    """

    def __init__(self, stream: TextIO | None = None, scope: str = "") -> None:
        self.stream = stream or sys.stdout
        self.scope = scope
        self.terminal = self.stream.isatty()
        self._colours = self.terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def info(self, message: str) -> None:
        self.line(self.prefixed(INFO, message))

    def success(self, message: str) -> None:
        self.line(self.prefixed(SUCCESS, message))

    def warning(self, message: str) -> None:
        self.line(self.prefixed(WARNING, message))

    def error(self, message: str) -> None:
        self.line(self.prefixed(ERROR, message))

    def line(self, text: str = "") -> None:
        self.write(text + "\n")

    def write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()

    def start(self, step: Step) -> Spinner:
        """Announce a step; its outcome replaces the announcement on a terminal, and follows it elsewhere."""
        return Spinner(self, step)

    def prefixed(self, level: str, message: str) -> str:
        """A message behind its prefix; on a terminal further lines are indented to the first one's text."""
        word = INFO if level == SUCCESS else level
        if not self.terminal:
            return f"{word}: {message}"
        first, *rest = message.split("\n")
        indent = " " * (len(word) + 3)
        scope = f" ({self.scope}) " if self.scope else ""
        lines = [f"{self._paint(level, 0, f' {word} ')} {scope}{self._paint(level, 1, first)}"]
        lines += [f"{indent}{self._paint(level, 1, line)}" if line else "" for line in rest]
        return "\n".join(lines)

    def box(self, title: str, lines: Sequence[str]) -> None:
        """A frame of at least 82 columns within, the title in its upper border."""
        width = max([_BOX_WIDTH, *(_width(line) for line in lines)]) + 2
        self.line(f"┌─ {title} " + "─" * (width - _width(title) - 3) + "┐")
        for line in lines:
            self.line(f"| {line}" + " " * (width - 2 - _width(line)) + " |")
        self.line("└" + "─" * width + "┘")

    def columns(self) -> int:
        """The width of the terminal; a line that is to be replaced must fit into it."""
        try:
            return os.get_terminal_size(self.stream.fileno()).columns or _TERMINAL_WIDTH
        except (OSError, ValueError):
            return _TERMINAL_WIDTH

    def _paint(self, level: str, part: int, text: str) -> str:
        return f"\x1b[{_COLOURS[level][part]}m{text}\x1b[0m" if self._colours and text.strip() else text


class Spinner:
    """A step under way. Exactly one of `success`, `warning`, `fail` ends it; leaving it otherwise clears the line."""

    def __init__(self, printer: Printer, step: Step) -> None:
        self._printer = printer
        self.step = step
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        if printer.terminal:
            # A thread, because a step may compute as well as wait.
            self._thread = threading.Thread(target=self._animate, name="spinner", daemon=True)
            self._thread.start()
        else:
            printer.line(step.running)

    def success(self, message: str | None = None) -> None:
        self._end(SUCCESS, self.step.success if message is None else message)

    def warning(self, message: str) -> None:
        self._end(WARNING, message)

    def note(self, message: str) -> None:
        """Say something about the step, which goes on."""
        clearing = "\r\x1b[K" if self._printer.terminal else ""
        self._printer.line(clearing + self._printer.prefixed(INFO, message))

    def fail(self, error: str) -> None:
        """End with the step's failure text and what went wrong."""
        self._end(ERROR, self.step.failure + error)

    def clear(self) -> None:
        """End without a word (an interruption)."""
        if self._stop() and self._printer.terminal:
            self._printer.write("\r\x1b[K")

    def _end(self, level: str, message: str) -> None:
        if self._stop():
            clearing = "\r\x1b[K" if self._printer.terminal else "\r" + " " * _TERMINAL_WIDTH + "\r"
            self._printer.line(clearing + self._printer.prefixed(level, message))

    def _stop(self) -> bool:
        if self._ended.is_set():
            return False
        self._ended.set()
        if self._thread:
            self._thread.join()
        return True

    def _animate(self) -> None:
        started = time.monotonic()
        frame = 0
        while not self._ended.wait(_FRAME_SECONDS if frame else 0):
            elapsed = int(time.monotonic() - started)
            line = f"{_FRAMES[frame % len(_FRAMES)]} {self.step.running} ({elapsed}s)"
            self._printer.write(f"\r\x1b[K{line[: self._printer.columns() - 1]}")
            frame += 1


def section(title: str, entries: Sequence[str | tuple[str, str]], level: int = 0) -> list[str]:
    """Lines of a box: a title and, four columns further in, its entries (``key: value`` or lines as they are)."""
    lines = [f" {'    ' * level}{title}"]
    for entry in entries:
        text = f"{entry[0]}: {entry[1]}" if isinstance(entry, tuple) else entry
        lines.append(f" {'    ' * (level + 1)}{text}")
    return lines


def _width(text: str) -> int:
    """Columns on a terminal, without colour codes; tabs count from the border of a box."""
    plain = []
    escaped = False
    for character in text:
        if character == "\x1b":
            escaped = True
        elif escaped:
            escaped = character != "m"
        else:
            plain.append(character)
    expanded = ("  " + "".join(plain)).expandtabs(_TAB_WIDTH)[2:]
    return sum(0 if unicodedata.combining(each) else 1 for each in expanded)
