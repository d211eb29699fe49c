"""The ladder of hints: what was asked for so far, each to be folded away."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Collapsible, Static

from liqolab.learn.model import Hint
from liqolab_tui.wording import Say, inline


class HintLadder(Vertical):
    """The hints of a step, the newest open."""

    DEFAULT_CSS = """
    HintLadder {
        height: auto;
        Collapsible {
            background: $lab-surface; border: none; border-left: outer $lab-virtual; padding: 0 0 0 1; margin: 0 0 1 0;
        }
        Collapsible:ansi { border-top: none; }
        CollapsibleTitle { padding: 0; color: $lab-virtual; background: $lab-surface; }
        CollapsibleTitle:focus { background: $lab-chosen; color: $lab-text; }
        CollapsibleTitle:hover { background: $lab-chosen; color: $lab-text; }
        Contents { padding: 0 0 0 2; height: auto; }
        .hint { color: $lab-text; }
    }
    """

    def __init__(self, say: Say, hints: Sequence[Hint]) -> None:
        super().__init__()
        self._say = say
        self._hints = tuple(hints)

    def compose(self) -> ComposeResult:
        for place, hint in enumerate(self._hints, 1):
            title = f"{self._say('tui.hint.title', number=hint.level)} · {self._say(f'tui.hint.{hint.kind}')}"
            text = Static(inline(hint.text), classes="hint")
            yield Collapsible(
                text, title=title, collapsed=place != len(self._hints), collapsed_symbol="▸", expanded_symbol="▾"
            )

    async def show_hints(self, hints: Sequence[Hint]) -> None:
        """The hints that are known now."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            await self.recompose()
