"""What output is written on; it tells when it has another width, so that whoever wrote on it can do so anew."""

from __future__ import annotations

from textual.events import Resize
from textual.widgets import RichLog

from liqolab_tui.messages import OutputResized


class OutputLog(RichLog):
    """A log as wide as its pane; a line that is wider goes on in the next."""

    HELP_TOPIC = "runner"

    def __init__(self, lines: int) -> None:
        super().__init__(max_lines=lines, wrap=True, markup=False, highlight=False, min_width=1)
        self._width = 0

    def on_hide(self) -> None:
        # What is written now is as narrow as a log can be.
        self._width = 0

    def on_show(self) -> None:
        self._measure()

    def on_resize(self, event: Resize) -> None:
        self._measure()

    def _measure(self) -> None:
        width = self.scrollable_content_region.width
        if width and width != self._width:
            self._width = width
            self.post_message(OutputResized())
