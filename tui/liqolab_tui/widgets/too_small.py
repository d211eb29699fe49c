"""What is shown in a window in which nothing else fits."""

from __future__ import annotations

from textual.widgets import Static

from liqolab_tui.wording import Say


class TooSmall(Static):
    """A friendly line over everything; its screen shows it below the smallest size."""

    DEFAULT_CSS = """
    TooSmall {
        display: none; layer: above; width: 100%; height: 100%; content-align: center middle; text-align: center;
        background: $lab-background; color: $lab-text; padding: 0 1;
    }
    """

    def __init__(self, say: Say) -> None:
        super().__init__(say("tui.too_small"))
