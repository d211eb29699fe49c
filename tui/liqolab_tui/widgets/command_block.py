"""A command of the lesson: to be run with a key or a click, typed into the prompt, or copied."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from liqolab.learn.model import Command
from liqolab.learn.notices import CommandEnded
from liqolab.shelltext.reader import read
from liqolab_tui.keymap import bound
from liqolab_tui.messages import CommandChosen
from liqolab_tui.wording import Say


class Chip(Static):
    """One thing that can be done with a command, for the mouse."""

    def __init__(self, content: Content, how: str) -> None:
        super().__init__(content, classes="chip")
        self._how = how

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.query_ancestor(CommandBlock).action_choose(self._how)


class CommandBlock(Vertical, can_focus=True, can_focus_children=False):
    """One command, what can be done with it, and how it last ended."""

    DEFAULT_CSS = """
    CommandBlock {
        height: auto; margin: 0 0 1 0; padding: 0 1; background: $lab-panel; border-left: outer $lab-line;
        .text { width: 1fr; color: $lab-text; }
        .doing { height: 1; }
        .chip { width: auto; color: $lab-muted; margin: 0 3 0 0; }
        .chip:hover { color: $lab-text; text-style: underline; }
        .ending { width: 1fr; text-align: right; color: $lab-muted; }
        &:hover { background: $lab-chosen; }
        &:focus { border-left: outer $lab-key; background: $lab-chosen; }
        &:focus:ansi .text, &:focus:ansi .chip { color: ansi_bright_white; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("command.run", "choose('run')", show=True),
        bound("command.edit", "screen.edit"),
        bound("command.copy", "choose('copy')"),
        Binding("space", "choose('run')", show=False),
    ]
    HELP_TOPIC = "command"

    def __init__(self, command: Command, say: Say) -> None:
        super().__init__()
        self.command = command
        self._say = say

    def compose(self) -> ComposeResult:
        yield Static(_prompted(self.command.text), classes="text")
        with Horizontal(classes="doing"):
            for how, key in (("run", "⏎"), ("edit", "e"), ("copy", "y")):
                chip = Content.assemble((key, "$lab-key"), f" {self._say(f'tui.command.{how}')}")
                yield Chip(chip, how)
            yield Static("", classes="ending")

    def show_running(self) -> None:
        """It runs."""
        self._tell(Content.styled(f"▸ {self._say('tui.command.running')}", "$lab-key"))

    def show_ended(self, ended: CommandEnded | None) -> None:
        """How it last ended, or that it was not run yet."""
        if ended is None:
            self._tell(Content(""))
        elif ended.code == 0:
            self._tell(Content.styled(f"✓ {ended.seconds:.1f} s", "$lab-good"))
        else:
            words = self._say("tui.command.failed", code=ended.code)
            self._tell(Content.styled(f"✗ {words}", "$lab-bad"))

    def action_choose(self, how: str) -> None:
        if how in ("run", "edit", "copy"):
            self.post_message(CommandChosen(self.command.text, how))  # type: ignore[arg-type]

    def _tell(self, content: Content) -> None:
        for ending in self.query(".ending").results(Static):
            ending.update(content)


def _prompted(text: str) -> Content:
    """The command as a shell shows it: a dollar before each command, nothing before lines that go on."""
    lines: list[Content] = []
    begun: list[str] = []
    for line in text.rstrip().splitlines():
        lines.append(Content.assemble(("  " if begun else "$ ", "$lab-key"), Content(line)))
        begun.append(line)
        if not read("\n".join(begun)).waits:
            begun.clear()
    return Content("\n").join(lines)
