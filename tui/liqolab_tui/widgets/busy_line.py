"""One line that says what takes a moment, and for how long it has; nothing while nothing does."""

from __future__ import annotations

from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from liqolab_tui.lesson_state import Doing
from liqolab_tui.wording import Say

_PATIENCE = 0.4
"""What is over by then need not be told."""
_TICK = 0.2


class BusyLine(Static):
    """A line above the keys."""

    DEFAULT_CSS = """
    BusyLine { height: 1; display: none; padding: 0 2; background: $lab-panel; color: $lab-text; }
    BusyLine.-busy { display: block; }
    """

    def __init__(self, say: Say, doing: Doing | None) -> None:
        super().__init__()
        self._say = say
        self._doing = doing
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        self.show_busy(self._doing)

    def show_busy(self, doing: Doing | None) -> None:
        """Say it, or be gone."""
        self._doing = doing
        if doing is None:
            self.set_class(False, "-busy")
            if self._timer is not None:
                self._timer.stop()
                self._timer = None
        elif self._timer is None:
            self._timer = self.set_interval(_TICK, self._tick)
            self._tick()

    def _tick(self) -> None:
        if (doing := self._doing) is None:
            return
        seconds = doing.seconds
        if seconds < _PATIENCE:
            return
        self.set_class(True, "-busy")
        waited = f" {seconds:.0f} s" if seconds >= 1 else ""
        self.update(Content.assemble(("▸ ", "$lab-key"), f"{doing.text}…", (waited, "$lab-muted")))
