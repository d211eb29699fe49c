"""A full terminal as a pane, where the optional widget is installed; F6 gives the keys back.

The shell in it marks its prompts (OSC 133, the marks that terminals themselves understand), so that it is known when a
command has ended and how, without a look at what was typed or printed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from typing import TYPE_CHECKING

from liqolab_tui.messages import TerminalCommandEnded

if TYPE_CHECKING:
    from textual.widget import Widget


def is_installed() -> bool:
    """Whether there can be a terminal pane."""
    return importlib.util.find_spec("textual_tty") is not None


def terminal_pane(command: Sequence[str]) -> Widget:
    """A terminal that runs `command`, a shell that marks its prompts."""
    from textual_tty import widget as tty  # type: ignore[import-untyped]

    class Chrome(tty.TerminalChrome):  # type: ignore[misc]
        def on_prompt_mark(self, mark: str, row: int) -> None:
            kind, _, code = mark.partition(";")
            if kind == "C":
                self.widget.began = True
            elif kind == "D" and self.widget.began:
                # A prompt comes without a command too: the first one, and after an empty line.
                self.widget.began = False
                self.widget.post_message(TerminalCommandEnded(int(code) if code.isdigit() else 0))

    class TerminalPane(tty.Terminal):  # type: ignore[misc]
        CHROME = Chrome
        HELP_TOPIC = "terminal"
        began = False

    pane: Widget = TerminalPane(command=list(command), id="terminal")
    return pane
