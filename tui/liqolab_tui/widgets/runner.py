"""The runner pane: what the lesson's bash printed, and a prompt for commands of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import OverflowMethod
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from liqolab_tui.transcript import KEPT_LINES, Entry
from liqolab_tui.widgets.prompt import Prompt
from liqolab_tui.wording import Say, colour

if TYPE_CHECKING:
    from textual.widgets import RichLog

_LINED_UP = re.compile(r"   |[│┌└├─]{2}|^[|│]")
"""What a line of a table or of a frame has in it."""
_ROLES = {
    "command": "key",
    "passed": "muted",
    "failed": "bad",
    "remark": "virtual",
    "skipped": "muted",
    "output": "text",
}
_LEADS = {"command": "❯ ", "passed": "✓ ", "failed": "✗ ", "remark": "☞ ", "skipped": "… ", "output": ""}


class Runner(Vertical):
    """Output above, the prompt below."""

    DEFAULT_CSS = """
    Runner {
        border: round $lab-line; border-title-color: $lab-muted; padding: 0 1; background: $lab-background;
        &:focus-within { border: round $lab-link; border-title-color: $lab-text; }
        RichLog { background: $lab-background; color: $lab-text; height: 1fr; scrollbar-size-vertical: 1; }
        #nothing { color: $lab-muted; height: 1fr; }
        &.-used #nothing { display: none; }
        #unfinished { height: auto; max-height: 3; color: $lab-text; }
        #entry { height: 1; }
        #sign { width: 2; color: $lab-key; }
    }
    """

    def __init__(self, say: Say, entries: Sequence[Entry], history: Sequence[str], running: bool) -> None:
        super().__init__(id="runner")
        self._say = say
        self._entries = entries
        self._history = history
        self._busy = running

    def compose(self) -> ComposeResult:
        self.border_title = self._say("tui.runner.title")
        yield Static(self._say("tui.runner.empty"), id="nothing")
        yield Static("", id="unfinished", markup=False)
        with Horizontal(id="entry"):
            yield Static("❯", id="sign")
            yield Prompt(self._say("tui.runner.placeholder"), self._history)

    async def on_mount(self) -> None:
        if self._entries:
            await self.add_entries(self._entries)
        self.show_running(self._busy)

    @property
    def prompt(self) -> Prompt:
        return self.query_one(Prompt)

    async def add_entries(self, entries: Iterable[Entry], unfinished: str = "") -> None:
        """Show lines that came, and the line that is being written."""
        log = await self._log()
        entries = list(entries)
        if entries:
            self.add_class("-used")
        goes_on = False
        for entry in entries:
            goes_on = goes_on and entry.kind in ("command", "remark")
            lead = _LEADS[entry.kind]
            text = self._say("tui.runner.skipped", count=entry.text) if entry.kind == "skipped" else entry.text
            style = colour(self.app.theme_variables, _ROLES[entry.kind])
            if entry.kind in ("command", "remark"):
                style = f"bold {style}" if entry.kind == "command" else f"italic {style}"
            # A table keeps its lines, however long: broken up, nobody can read it. It can be scrolled sideways.
            table = entry.kind == "output" and _LINED_UP.search(text) is not None
            overflow: OverflowMethod = "ignore" if table else "fold"
            shown = f"{'  ' if goes_on and lead else lead}{text}"
            log.write(Text(shown, style=style.strip(), no_wrap=table, overflow=overflow), shrink=not table)
            goes_on = entry.kind in ("command", "remark")
        self.query_one("#unfinished", Static).update(unfinished)
        self.query_one("#unfinished").display = bool(unfinished)

    async def _log(self) -> RichLog:
        """What output is written on; it is made for the first line, as it takes a while to import."""
        from textual.widgets import RichLog

        for log in self.query(RichLog):
            return log
        log = RichLog(max_lines=KEPT_LINES, wrap=True, markup=False, highlight=False, min_width=20)
        await self.mount(log, before="#nothing")
        return log

    def show_running(self, running: bool) -> None:
        """Whether a command runs: then the prompt says how to stop it."""
        self._busy = running
        self.query_one("#sign", Static).update("▸" if running else "❯")
        self.prompt.placeholder = self._say("tui.runner.running" if running else "tui.runner.placeholder")
        self.set_class(running, "-running")
