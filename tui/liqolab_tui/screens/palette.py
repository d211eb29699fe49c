"""The command palette in the person's language: Textual's own asks, and says that nothing fits, in English."""

from __future__ import annotations

from functools import partial

from textual.command import CommandList, CommandPalette
from textual.widgets.option_list import Option

from liqolab_tui.wording import Say


class LabPalette(CommandPalette):
    """Textual's palette with the words of the catalogue."""

    def __init__(self, say: Say) -> None:
        super().__init__(placeholder=say("tui.palette.search"), id="--command-palette")
        self._nothing = say("tui.palette.nothing")

    def _start_no_matches_countdown(self, search_value: str) -> None:
        # Textual has no other place for this sentence.
        self._stop_no_matches_countdown()
        tell = partial(self._tell_nothing_fits, search_value)
        self._no_matches_timer = self.set_timer(self._NO_MATCHES_COUNTDOWN, tell)

    def _tell_nothing_fits(self, search_value: str) -> None:
        if search_value:
            self.query_one(CommandList).add_option(Option(self._nothing, self._NO_MATCHES, disabled=True))
        self._list_visible = bool(search_value)
