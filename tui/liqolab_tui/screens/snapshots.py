"""Snapshots: states of the whole playground, saved by name and brought back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import DataTable, Static

from liqolab_tui.keymap import bound
from liqolab_tui.messages import SnapshotsChanged
from liqolab_tui.screens.base import LabScreen
from liqolab_tui.screens.dialogs import Ask, ask

_UNIT = 1_000_000


class SavedTable(DataTable[Text]):
    """One row a saved state."""

    BINDINGS: ClassVar[list[BindingType]] = [bound("snapshots.restore", "select_cursor", show=True)]


class SnapshotsScreen(LabScreen):
    """The fifth mode."""

    MODE = "snapshots"
    HELP_TOPIC = "snapshots"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("snapshots.save", "save", show=True),
        bound("snapshots.delete", "delete", show=True),
        bound("snapshots.reset", "reset", show=True),
        bound("app.back", "app.mode('lesson')"),
    ]

    def body(self) -> Iterable[Widget]:
        yield Static(id="saved-line", classes="hint-line")
        yield SavedTable(cursor_type="row", id="saved")

    def on_screen_resume(self) -> None:
        self.lab.lesson.list_snapshots()

    def settle(self) -> None:
        self._show()
        self.table.focus()
        self.lab.lesson.list_snapshots()

    @property
    def table(self) -> DataTable[Text]:
        return self.query_one("#saved", DataTable)

    async def take(self, value: object) -> None:
        if isinstance(value, SnapshotsChanged):
            self._show()

    def _show(self) -> None:
        state = self.lab.lesson.state
        table = self.table
        table.clear(columns=True)
        table.add_columns(*(self.say(f"tui.snapshots.{name}") for name in ("name", "saved", "clusters", "size")))
        for saved in state.snapshots:
            when = saved.saved.astimezone().strftime("%Y-%m-%d %H:%M")
            cells = (saved.name, when, ", ".join(saved.clusters), f"{saved.size / _UNIT:.1f} MB")
            table.add_row(*map(Text, cells), key=saved.name)
        lines = []
        if not state.snapshots:
            lines.append(self.say("tui.snapshots.none"))
        if state.step is not None:
            lines.append(self.say("tui.snapshots.reset_hint", title=state.step.title))
        self.query_one("#saved-line", Static).update("\n".join(lines))

    @property
    def _pointed(self) -> str:
        names = [saved.name for saved in self.lab.lesson.state.snapshots]
        row = self.table.cursor_row
        return names[row] if 0 <= row < len(names) else ""

    @on(DataTable.RowSelected)
    def _row_selected(self) -> None:
        self.action_restore()

    @work(exit_on_error=False)
    async def action_save(self) -> None:
        state = self.lab.lesson.state
        taken = {saved.name for saved in state.snapshots}
        number = next(n for n in range(1, len(taken) + 2) if f"{state.current}-{n}" not in taken)
        question = Ask(
            self.say, self.say("tui.snapshots.ask"), self.say("tui.snapshots.ask_detail"), f"{state.current}-{number}"
        )
        if name := await ask(self.app, question):
            self.lab.lesson.save_snapshot(name)

    @work(exit_on_error=False)
    async def action_restore(self) -> None:
        if (name := self._pointed) and await self.sure("restore", name=name):
            self.lab.lesson.restore_snapshot(name)

    @work(exit_on_error=False)
    async def action_delete(self) -> None:
        if (name := self._pointed) and await self.sure("delete", name=name):
            self.lab.lesson.delete_snapshot(name)

    @work(exit_on_error=False)
    async def action_reset(self) -> None:
        if self.lab.lesson.state.opened and await self.sure("reset"):
            self.lab.lesson.reset()
