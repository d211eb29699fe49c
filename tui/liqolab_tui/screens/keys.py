"""The help for where one is: what the pane is for, and its keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.content import Content

from liqolab_tui.screens.dialogs import Show
from liqolab_tui.wording import Say

_NAMES = {
    "question_mark": "?", "colon": ":", "slash": "/", "escape": "Esc", "enter": "⏎", "space": "␣", "up": "↑",
    "down": "↓",     "left": "←", "right": "→", "tab": "⇥",
}  # fmt: skip


class KeysScreen(Show):
    """Keys in groups: of the pane, of the screen, everywhere."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark,f1", "leave", show=False)]

    def __init__(self, say: Say, active: Mapping[str, ActiveBinding], topics: Sequence[str]) -> None:
        super().__init__(say, say("tui.keys.title"), _text(say, active, topics))


def _text(say: Say, active: Mapping[str, ActiveBinding], topics: Sequence[str]) -> Content:
    parts: list[Content] = []
    for topic in topics:
        parts.append(Content.styled(say(f"tui.help.{topic}"), "$lab-muted"))
        parts.append(Content(""))
    groups: dict[str, dict[str, list[str]]] = {}
    for key, entry in active.items():
        if entry.binding.id:
            group = groups.setdefault(entry.binding.id.partition(".")[0], {})
            group.setdefault(entry.binding.description, []).append(_named(key))
    for place, keys in groups.items():
        parts.append(Content.styled(say(f"tui.keys.{place}"), "bold $lab-head"))
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
