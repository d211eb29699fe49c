"""The runner pane: what the lesson's bash printed, and a prompt for commands of one's own."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from liqolab_tui.drawing.tables import TableReader
from liqolab_tui.transcript import KEPT_LINES, Entry, EntryKind
from liqolab_tui.widgets.prompt import Prompt
from liqolab_tui.wording import Say, clock, colour

if TYPE_CHECKING:
    from liqolab_tui.widgets.output_log import OutputLog

_ROLES = {
    "command": "key",
    "passed": "muted",
    "failed": "bad",
    "remark": "virtual",
    "skipped": "muted",
    "output": "text",
}
_OFFERED = 60
_LEADS = {"command": "❯ ", "passed": "✓ ", "failed": "✗ ", "remark": "☞ ", "skipped": "… ", "output": ""}


class Runner(Vertical):
    """Output above, the prompt below."""

    DEFAULT_CSS = """
    Runner {
        border-top: solid $lab-line; border-title-color: $lab-muted; padding: 0 0 0 1; background: $lab-background;
        &:focus-within { border-top: solid $lab-link; border-title-color: $lab-text; }
        OutputLog {
            background: $lab-background; color: $lab-text; height: 1fr; scrollbar-size: 0 1; scrollbar-gutter: stable;
        }
        #nothing { color: $lab-muted; height: 1fr; }
        &.-used #nothing { display: none; }
        #unfinished { height: auto; max-height: 3; color: $lab-text; }
        #offered { height: auto; max-height: 4; color: $lab-muted; display: none; }
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
        self._kept: deque[Entry] = deque(maxlen=KEPT_LINES)
        self._tables = TableReader()
        self._told = ""

    def compose(self) -> ComposeResult:
        self.border_title = self._say("tui.runner.title")
        yield Static(self._say("tui.runner.empty"), id="nothing")
        yield Static("", id="unfinished", markup=False)
        yield Static("", id="offered", markup=False)
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
            self._kept.extend(entries)
        if log.size.width:
            self._write(log, entries)
        self.query_one("#unfinished", Static).update(unfinished)
        self.query_one("#unfinished").display = bool(unfinished)

    def on_output_resized(self) -> None:
        """The pane has another width: what is in it is laid out anew."""
        from liqolab_tui.widgets.output_log import OutputLog

        for log in self.query(OutputLog):
            log.clear()
            self._tables.forget()
            self._write(log, self._kept)
            log.scroll_end(animate=False)

    def _write(self, log: OutputLog, entries: Iterable[Entry]) -> None:
        goes_on, width = False, log.scrollable_content_region.width
        for kind, together in itertools.groupby(entries, key=lambda entry: entry.kind):
            texts = [entry.text for entry in together]
            if kind == "output":
                texts = [*self._tables.fitted(texts, width)]
            else:
                self._tables.forget()
            for text in texts:
                goes_on = goes_on and kind in ("command", "remark")
                log.write(self._line(kind, text, goes_on=goes_on), width=width)
                goes_on = kind in ("command", "remark")

    def _line(self, kind: EntryKind, text: str, *, goes_on: bool) -> Text:
        lead = _LEADS[kind]
        text = self._say("tui.runner.skipped", count=text) if kind == "skipped" else text
        style = colour(self.app.theme_variables, _ROLES[kind])
        if kind in ("command", "remark"):
            style = f"bold {style}" if kind == "command" else f"italic {style}"
        return Text(f"{'  ' if goes_on and lead else lead}{text}", style=style.strip(), overflow="fold")

    async def _log(self) -> OutputLog:
        """What output is written on; it is made for the first line, as it takes a while to import."""
        from liqolab_tui.widgets.output_log import OutputLog

        for log in self.query(OutputLog):
            return log
        log = OutputLog(KEPT_LINES)
        await self.mount(log, before="#nothing")
        return log

    @property
    def output(self) -> OutputLog | None:
        """What was printed, which arrows scroll and where letters are keys; None while nothing was."""
        from liqolab_tui.widgets.output_log import OutputLog

        return next(iter(self.query(OutputLog)), None)

    def offer(self, words: Sequence[str]) -> None:
        """Show how the line could go on, above it; gone with the next key."""
        shown = [word.rstrip("/").rpartition("/")[2] + ("/" if word.endswith("/") else "") for word in words[:_OFFERED]]
        more = ["…"] if len(words) > _OFFERED else []
        offered = self.query_one("#offered", Static)
        offered.update(Content("  ".join([*shown, *more])))
        offered.display = bool(words)

    def on_input_changed(self) -> None:
        self.offer(())

    def show_time(self, seconds: float | None) -> None:
        """For how long the command has been running; None when none runs."""
        told = self._say("tui.runner.running_for", time=clock(seconds)) if seconds is not None and seconds >= 1 else ""
        if told != self._told:
            self._told = self.border_subtitle = told

    def show_running(self, running: bool) -> None:
        """Whether a command runs: then the prompt says how to stop it."""
        self._busy = running
        self.query_one("#sign", Static).update("▸" if running else "❯")
        self.prompt.placeholder = self._say("tui.runner.running" if running else "tui.runner.placeholder")
        self.set_class(running, "-running")
