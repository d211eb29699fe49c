"""Tables of kubectl's as a pane that may be narrower shows them, so that every cell can be read.

A table that fits is left as it was printed. One that is too wide is set closer together; if that is not enough, the
columns that fit stay a table, and each row's other cells follow below it, each after the name of its column. Nothing is
left out, and nothing has to be scrolled sideways.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_HEADING: Final = re.compile(r"[A-Z][A-Z0-9()/:.%-]*(?: [A-Z0-9()/:.%-]+)*(?: {2,}[A-Z][A-Z0-9()/:.% -]*)+ *")
"""A line of column names as programs print them: capitals, at least two blanks apart."""
_COLUMN: Final = re.compile(r"\S+(?: \S+)*")
_GAP: Final = 2
_INDENT: Final = "  "


class TableReader:
    """Lines of output one after the other, tables among them; remembers the columns between two pieces of output."""

    def __init__(self) -> None:
        self._starts: tuple[int, ...] = ()
        self._names: tuple[str, ...] = ()
        self._widths: list[int] = []

    def forget(self) -> None:
        """What comes is of another command."""
        self._starts = ()

    def fitted(self, lines: Sequence[str], width: int) -> Iterator[str]:
        """The lines to be shown, each of a table at most `width` wide where that can be."""
        table: list[str] = []
        for line in lines:
            if _HEADING.fullmatch(line):
                yield from self._flushed(table, width)
                self._begin(line)
                table.append(line)
            elif self._starts and self._is_row(line):
                table.append(line)
            else:
                yield from self._flushed(table, width)
                self.forget()
                yield line
        yield from self._flushed(table, width)

    def _begin(self, heading: str) -> None:
        found = [*_COLUMN.finditer(heading)]
        self._starts = tuple(match.start() for match in found)
        self._names = tuple(match.group() for match in found)
        self._widths = []

    def _is_row(self, line: str) -> bool:
        """Whether it reaches the second column, and there is a blank before each that it reaches."""
        starts = self._starts[1:]
        return len(line) > starts[0] and line[0] != " " and all(line[at - 1] == " " for at in starts if at <= len(line))

    def _flushed(self, table: list[str], width: int) -> Iterator[str]:
        lines, table[:] = [*table], []
        if not lines:
            return
        if not self._widths and max(map(len, lines)) <= width:
            yield from lines
            return
        rows = [self._cells(line) for line in lines]
        if not self._widths:
            self._widths = [max(len(row[place]) for row in rows) for place in range(len(self._starts))]
        yield from self._set(rows, width)

    def _cells(self, line: str) -> list[str]:
        ends = [*self._starts[1:], max(len(line), self._starts[-1])]
        return [line[start:end].strip() for start, end in zip(self._starts, ends, strict=True)]

    def _set(self, rows: Iterable[Sequence[str]], width: int) -> Iterator[str]:
        fitting = self._fitting(width)
        for row in rows:
            cells = [cell.ljust(size) for cell, size in zip(row[:fitting], self._widths, strict=False)]
            yield (" " * _GAP).join(cells).rstrip()
            # The heading's other names stand before each cell that they are about.
            if fitting < len(row) and tuple(row) != self._names:
                yield from _beside(zip(self._names[fitting:], row[fitting:], strict=False), width)

    def _fitting(self, width: int) -> int:
        """How many columns stand beside each other; the first one does in any case."""
        used, count = -_GAP, 0
        for size in self._widths:
            used += size + _GAP
            if used > width:
                break
            count += 1
        return max(count, 1)


def _beside(named: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    """``NAME cell · NAME cell``, in as many lines as it takes."""
    line = _INDENT
    for name, cell in named:
        piece = f"{name} {cell}"
        together = f"{line} · {piece}" if line.strip() else f"{_INDENT}{piece}"
        if line.strip() and len(together) > width:
            yield line
            together = f"{_INDENT}{piece}"
        line = together
    if line.strip():
        yield line
