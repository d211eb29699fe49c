"""The instructor's desk: learners × steps, who needs help first, and the last commands of the one that is chosen.

It reads the class's file beside the desk that is open, and changes nothing in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable, Footer, Header, Static

from liqolab.classroom.overview import Cell, Lookout, Overview, Row
from liqolab.classroom.store import Store
from liqolab_tui.themes import names, themes

_REFRESH_SECONDS = 1.0
_MARKS = {"passed": "✔", "begun": "▸", "new": "·"}
_WORDS = {"passed": "passed", "begun": "at it", "new": "not begun"}


class DeskApp(App[int]):
    """One class."""

    TITLE = "liqolab class"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #learners { height: 1fr; }
    #detail { height: 9; padding: 0 1; border-top: solid $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "quit", "Leave (the class stays open)")]

    def __init__(self, path: Path) -> None:
        super().__init__()
        for theme in themes():
            self.register_theme(theme)
        self.theme = names()[0]
        self._store = Store(path)
        self._lookout = Lookout(self._store)
        self._shown: Overview | None = None

    def on_unmount(self) -> None:
        self._store.close()

    def compose(self) -> ComposeResult:
        yield Header()
        # Who it is and whether they need help stays in sight, however many steps the lesson has.
        yield DataTable[Text](id="learners", cursor_type="row", fixed_columns=2)
        yield Static(id="detail")
        yield Footer()

    def on_mount(self) -> None:
        self.set_interval(_REFRESH_SECONDS, self.show_class)
        self.show_class()
        self.table.focus()

    @property
    def table(self) -> DataTable[Text]:
        return self.query_one("#learners", DataTable)

    def show_class(self) -> None:
        """Draw the class as it is now, if it is another than on the screen."""
        found = self._lookout.look()
        if found == self._shown:
            return
        chosen = self._chosen()
        self._shown = found
        self.sub_title = f"{found.name}: {len(found.rows)} learners"
        table = self.table
        table.clear()
        if not table.columns:
            table.add_columns("Learner", "Help", *found.steps)
        for row in found.rows:
            needs = Text("needs" if row.need else "", style="bold")
            table.add_row(Text(row.nickname), needs, *map(_cell, row.cells))
        again = [number for number, row in enumerate(found.rows) if chosen and row.nickname == chosen.nickname]
        if again:
            table.move_cursor(row=again[0])
        self.show_detail()

    def on_data_table_row_highlighted(self) -> None:
        """Another learner is chosen."""
        self.show_detail()

    def show_detail(self) -> None:
        """What the chosen learner is at."""
        row = self._chosen()
        self.query_one("#detail", Static).update("Nobody has taken a seat yet." if row is None else self._detail(row))

    def _detail(self, row: Row) -> Text:
        text = Text(f"{row.nickname}, at {row.current or 'no step yet'}", style="bold")
        if self._shown is not None and row.current in self._shown.steps:
            cell = row.cells[self._shown.steps.index(row.current)]
            text.append(f" ({_WORDS[cell.state]}, {cell.minutes:.0f} min, {cell.tries} commands)", style="not bold")
        text.append(f"\nNeeds help: {row.need}" if row.need else "\nDoes not seem to need help.", style="not bold")
        for command, code in row.commands[-5:]:
            told = "  ok" if code == 0 else f"{code if code is not None else '?':>4}"
            text.append(f"\n{told}  {' '.join(command.split())}", style="not bold")
        return text

    def _chosen(self) -> Row | None:
        if self._shown is None or not self._shown.rows:
            return None
        place = self.table.cursor_row
        return self._shown.rows[min(max(place, 0), len(self._shown.rows) - 1)]


def _cell(cell: Cell) -> Text:
    if cell.state == "new":
        return Text(_MARKS["new"], style="dim")
    return Text(f"{_MARKS[cell.state]} {cell.minutes:.0f}m {cell.tries}×")


def main(path: Path) -> int:
    """Show the class in that file until the person leaves; the exit code."""
    return DeskApp(path).run() or 0
