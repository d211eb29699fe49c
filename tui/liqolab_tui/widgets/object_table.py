"""Objects of one kind, of one cluster or of several at once, as kubectl would list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.widgets import DataTable

from liqolab.atlas.explorer_model import Row, Table
from liqolab_tui.keymap import bound
from liqolab_tui.messages import ThingChosen
from liqolab_tui.reference import Reference
from liqolab_tui.wording import Say, colour

_ROWS = 2000
_PADDING = 2
_CLUSTER = 12
"""The column of the cluster's name, with what it may be padded by."""
_RANK = {"NODE": 0, "IP": 1}
"""Which of the wide columns are worth most."""


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
        self.folded = 0

    def show_tables(
        self, tables: Mapping[str, Table], *, width: int, several: bool, system: Set[tuple[str, str]], folded: bool
    ) -> None:
        """Show these tables, by cluster, as one; the cursor stays on its object.

        Args:
            tables: by cluster.
            width: the room there is; of the columns that ``-o wide`` adds, those are shown that fit.
            several: whether the cluster is to be said.
            system: cluster and namespace of what comes last.
            folded: whether that is counted only.
        """
        now = (tuple(tables.items()), width, several, system, folded)
        if now == self._shown:
            return
        self._shown = now
        chosen = self.target
        self.clear(columns=True)
        self._targets = []
        self.folded = 0
        first = next(iter(tables.values()), None)
        if first is None:
            return
        found = [(cluster, table, row) for cluster, table in tables.items() for row in table.rows[:_ROWS]]
        own = [entry for entry in found if (entry[0], entry[2].namespace) not in system]
        rest = [entry for entry in found if (entry[0], entry[2].namespace) in system]
        self.folded = len(rest) if folded else 0
        entries = own if folded else [*own, *rest]
        shown = _columns(first, [row for _, _, row in entries], width, several=several)
        lead = ["CLUSTER"] if several else []
        self.add_columns(*lead, *(first.columns[place].name.upper() for place in shown))
        for cluster, table, row in entries:
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


def _columns(table: Table, rows: Sequence[Row], width: int, *, several: bool) -> list[int]:
    """The places of the columns to be shown: the usual ones, and of the others as many as there is room for."""

    def size(place: int) -> int:
        cells = (row.cells[place] for row in rows[:_ROWS] if place < len(row.cells))
        return max([len(table.columns[place].name), *map(len, cells)]) + _PADDING

    shown = {place for place, column in enumerate(table.columns) if not column.wide}
    left = width - sum(map(size, shown)) - (_CLUSTER if several else 0) - 1
    others = [place for place, column in enumerate(table.columns) if column.wide]
    for place in sorted(others, key=lambda place: _RANK.get(table.columns[place].name.upper(), len(_RANK))):
        if (needed := size(place)) <= left:
            shown.add(place)
            left -= needed
    return sorted(shown)


_STATES = {
    "Running": "good", "Ready": "good", "Active": "good", "Bound": "good", "Established": "good", "True": "good",
    "Succeeded": "good", "Completed": "good", "Pending": "wait", "Terminating": "wait", "ContainerCreating": "wait",
    "Failed": "bad", "Error": "bad", "CrashLoopBackOff": "bad", "ErrImagePull": "bad", "ImagePullBackOff": "bad",
    "NotReady": "bad", "False": "bad", "Unknown": "bad",
}  # fmt: skip
