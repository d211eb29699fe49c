"""One line that says what takes a moment; nothing while nothing does."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from liqolab_tui.wording import Say


class BusyLine(Static):
    """A line above the keys."""

    DEFAULT_CSS = """
    BusyLine { height: 1; display: none; padding: 0 2; background: $lab-panel; color: $lab-text; }
    BusyLine.-busy { display: block; }
    """

    def __init__(self, say: Say, text: str | None) -> None:
        super().__init__(classes="-busy" if text else "")
        self._say = say
        self._text = text

    def on_mount(self) -> None:
        self.show_busy(self._text)

    def show_busy(self, text: str | None) -> None:
        """Say it, or be gone."""
        self.set_class(text is not None, "-busy")
        self.update(Content.assemble(("▸ ", "$lab-key"), f"{text}…") if text else "")
