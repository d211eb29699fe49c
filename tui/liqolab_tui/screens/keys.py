"""The help for where one is: what the pane is for, and its keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from liqolab_tui.screens.dialogs import Dialog
from liqolab_tui.wording import Say

_NAMES = {
    "question_mark": "?", "colon": ":", "slash": "/", "escape": "Esc", "enter": "⏎", "space": "␣", "up": "↑",
    "down": "↓",     "left": "←", "right": "→", "tab": "⇥",
}  # fmt: skip


class KeysScreen(Dialog[None]):
    """Keys in groups: of the pane, of the screen, everywhere."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,question_mark,f1,enter", "leave", show=False)]

    def __init__(self, say: Say, active: Mapping[str, ActiveBinding], topics: Sequence[str]) -> None:
        super().__init__(say)
        self._active = active
        self._topics = topics

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Content.styled(self.say("tui.keys.title"), "bold"), classes="question")
            with VerticalScroll(classes="reading"):
                yield Static(self._text())
            yield Static(Content(self.say("tui.dialog.leave")), classes="detail")

    def on_mount(self) -> None:
        self.query_one(".reading").focus()

    def _text(self) -> Content:
        parts: list[Content] = []
        for topic in self._topics:
            parts.append(Content.styled(self.say(f"tui.help.{topic}"), "$lab-muted"))
            parts.append(Content(""))
        groups: dict[str, dict[str, list[str]]] = {}
        for key, entry in self._active.items():
            if entry.binding.id:
                group = groups.setdefault(entry.binding.id.partition(".")[0], {})
                group.setdefault(entry.binding.description, []).append(_named(key))
        for place, keys in groups.items():
            parts.append(Content.styled(self.say(f"tui.keys.{place}"), "bold $lab-head"))
            for meaning, names in keys.items():
                shown = " ".join(names) if len(names) < 4 else f"{names[0]}…{names[-1]}"
                parts.append(Content.assemble((f"  {shown:<10} ", "$lab-key"), meaning))
            parts.append(Content(""))
        return Content("\n").join(parts[:-1])


def _named(key: str) -> str:
    return "+".join(
        _NAMES.get(part, part.upper() if part.startswith("f") and part[1:].isdigit() else part)
        for part in key.split("+")
    )
