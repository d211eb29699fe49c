"""Objects of one kind, of one cluster or of several at once, as kubectl would list them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widgets import DataTable

from liqolab.atlas.explorer_model import Table
from liqolab_tui.keymap import bound
from liqolab_tui.messages import ThingChosen
from liqolab_tui.reference import Reference
from liqolab_tui.wording import Say, colour

_ROWS = 2000


class ObjectTable(DataTable[Text]):
    """One row an object; the cluster is the first column where there are several."""

    DEFAULT_CSS = """
    ObjectTable {
        height: 1fr; background: $lab-background; color: $lab-text; scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 1;
        & > .datatable--header { background: $lab-panel; color: $lab-head; text-style: bold; }
        & > .datatable--cursor { background: $lab-chosen; color: $lab-text; text-style: bold; }
        & > .datatable--hover { background: $lab-panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [bound("explorer.open", "select_cursor", show=True)]
    HELP_TOPIC = "explorer"

    def __init__(self, say: Say) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False, cell_padding=1)
        self._words = say
        self._shown: tuple[object, ...] = ()
        self._targets: list[Reference] = []

    def show_tables(self, tables: Mapping[str, Table], *, wide: bool, several: bool) -> None:
        """Show these tables, by cluster, as one; the cursor stays on its object."""
        now = (tuple(tables.items()), wide, several)
        if now == self._shown:
            return
        self._shown = now
        chosen = self.target
        self.clear(columns=True)
        self._targets = []
        first = next(iter(tables.values()), None)
        if first is None:
            return
        shown = [place for place, column in enumerate(first.columns) if wide or not column.wide]
        lead = ["CLUSTER"] if several else []
        self.add_columns(*lead, *(first.columns[place].name.upper() for place in shown))
        for cluster, table in tables.items():
            for row in table.rows[:_ROWS]:
                before = [cluster] if several else []
                cells = [row.cells[place] if place < len(row.cells) else "" for place in shown]
                self.add_row(*(self._cell(cell) for cell in (*before, *cells)))
                self._targets.append(Reference(cluster, table.kind.word, row.name, row.namespace))
        if chosen in self._targets:
            self.move_cursor(row=self._targets.index(chosen), animate=False)

    @property
    def target(self) -> Reference | None:
        """The object under the cursor."""
        return self._targets[self.cursor_row] if 0 <= self.cursor_row < len(self._targets) else None

    @property
    def count(self) -> int:
        return len(self._targets)

    def _cell(self, text: str) -> Text:
        return Text(text, style=colour(self.app.theme_variables, _STATES.get(text, "")), no_wrap=True)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        if self.target is not None:
            self.post_message(ThingChosen(self.target, opened=True))


_STATES = {
    "Running": "good", "Ready": "good", "Active": "good", "Bound": "good", "Established": "good", "True": "good",
    "Succeeded": "good", "Completed": "good", "Pending": "wait", "Terminating": "wait", "ContainerCreating": "wait",
    "Failed": "bad", "Error": "bad", "CrashLoopBackOff": "bad", "ErrImagePull": "bad", "ImagePullBackOff": "bad",
    "NotReady": "bad", "False": "bad", "Unknown": "bad",
}  # fmt: skip
