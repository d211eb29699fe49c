"""A line to type commands on, with a history and Tab; what is pasted stays on the line until Enter.

Line breaks are shown as ``⏎`` and are line breaks again when the command is run: a pasted script runs when one says so
and not while it is pasted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from liqolab_tui.messages import CommandSubmitted, CompletionWanted, PasteShortened

LONGEST = 20_000
_BREAK = "⏎"


class Prompt(Input):
    """The prompt of the runner."""

    DEFAULT_CSS = """
    Prompt, Prompt:focus { border: none; height: 1; padding: 0; background: transparent; color: $lab-text; }
    Prompt > .input--placeholder { color: $lab-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "earlier", show=False),
        Binding("down", "later", show=False),
        Binding("tab", "complete", show=False),
    ]
    HELP_TOPIC = "runner"

    def __init__(self, placeholder: str, history: Sequence[str] = ()) -> None:
        super().__init__(placeholder=placeholder, id="prompt", select_on_focus=False, max_length=LONGEST)
        self.history = list(history)
        self._at = len(self.history)
        self._draft = ""

    def put(self, text: str) -> None:
        """Type `text`, without running it."""
        self.value = _shown(text)
        self.cursor_position = len(self.value)

    def submit(self) -> None:
        """Run what is typed."""
        text = self.value.replace(_BREAK, "\n").strip()
        if not text:
            return
        if not self.history or self.history[-1] != text:
            self.history.append(text)
        self._at = len(self.history)
        self.post_message(CommandSubmitted(text))

    def action_complete(self) -> None:
        """Ask how the line could go on; Tab leads nowhere else from here."""
        self.post_message(CompletionWanted(self.value[: self.cursor_position].replace(_BREAK, "\n")))

    def go_on(self, line: str, insertion: str) -> bool:
        """Type what was found for `line`, unless something else stands there by now."""
        if self.value[: self.cursor_position].replace(_BREAK, "\n") != line:
            return False
        self.insert_text_at_cursor(insertion)
        return True

    async def action_submit(self) -> None:
        self.submit()

    def action_earlier(self) -> None:
        if self._at == len(self.history):
            self._draft = self.value
        self._recall(max(self._at - 1, 0))

    def action_later(self) -> None:
        self._recall(min(self._at + 1, len(self.history)))

    def _recall(self, place: int) -> None:
        self._at = place
        if place < len(self.history):
            self.put(self.history[place])
        elif self.history:
            self.value = self._draft
            self.cursor_position = len(self.value)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        room = max(LONGEST - len(self.value), 0)
        kept = event.text[:room]
        self.insert_text_at_cursor(_shown(kept))
        if len(kept) < len(event.text):
            self.post_message(PasteShortened(len(kept), len(event.text)))


def _shown(text: str) -> str:
    text = text.rstrip("\n").replace("\r\n", "\n").replace("\r", "\n").replace("\n", _BREAK)
    return "".join(character for character in text.replace("\t", " ") if character.isprintable())
