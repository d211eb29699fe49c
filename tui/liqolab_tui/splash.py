"""What is on the screen before the interface is: its name, and that it is coming.

Importing the interface takes most of the time until its first frame, so a few bytes are written before that. They go
where the interface draws, on the other screen of the terminal; the interface takes that over as it finds it.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO

_OTHER_SCREEN, _BACK = "\x1b[?1049h\x1b[?25l\x1b[H", "\x1b[?25h\x1b[?1049l"
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


class Splash:
    """``with Splash(words) as splash: …; splash.hand_over()``: gone when something fails before it is taken over."""

    def __init__(self, words: str, file: TextIO | None = None) -> None:
        """`file` is where the interface draws."""
        self._words = words
        self._file = sys.__stderr__ if file is None else file
        self._shown = False

    def __enter__(self) -> Splash:
        if self._file is not None and self._file.isatty() and "TEXTUAL_DRIVER" not in os.environ:
            self._write(f"{_OTHER_SCREEN} {_BOLD}liqolab{_PLAIN}\r\n\r\n  {self._words}")
            self._shown = True
        return self

    def hand_over(self) -> None:
        """The interface draws from now on, and leaves the other screen when it ends."""
        self._shown = False

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._write(_BACK)

    def _write(self, text: str) -> None:
        if self._file is not None:
            self._file.write(text)
            self._file.flush()
