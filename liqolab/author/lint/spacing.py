"""How a feature is set: one canonical layout, computed line by line, so that finding and mending are one thing.

`laid_out` says what each line should be. The rules compare; `--fix` writes. Nothing inside of a text block is touched
but its common indentation, and `mend` proves that nothing changed its meaning by compiling both texts to pickles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from liqolab.author.lint.feature_file import FeatureFile, feature_rule
from liqolab.author.lint.rule import Spot, example
from liqolab.gherkin_tree import GherkinError, Part, Row, TextBlock, Tree, parse

_INDENT = 2
_PLACES = ("line", "column", "text_column", "description_line", "above", "row")
"""What places a part in the file, or points to another part of it."""


@dataclass(slots=True)
class _Line:
    """What a line of the document is: its indentation in blanks, and what it holds behind that.

    `free` lines keep their own indentation, `verbatim` ones are content that only moves along with its text block.
    The rows of a table have the line number of its first row as `table`.
    """

    indent: int = 0
    free: bool = False
    verbatim: bool = False
    strip: int = 0
    table: int = 0


@feature_rule(
    "trailing-space",
    severity="warning",
    fixable=True,
    what="No line ends in blanks.",
    why="They are invisible, and turn up as changes.",
    bad='Feature: F\n\n  Scenario: S   \n    Then cluster "venice" does not exist\n',
    good=example('Then cluster "venice" does not exist'),
)
def trailing_space(feature: FeatureFile) -> Iterator[Spot]:
    layout = _layout(feature.tree)
    for number, line in enumerate(feature.lines, 1):
        bare = line.rstrip()
        if bare != line and not _in_block(layout, number):
            yield Spot(number, len(bare) + 1, "blanks at the end of the line")


@feature_rule(
    "tab",
    severity="warning",
    fixable=True,
    what="Lines are indented with blanks.",
    why="A tab is as wide as each editor likes; a text block's content would move.",
    bad='Feature: F\n\n\tScenario: S\n    Then cluster "venice" does not exist\n',
    good=example('Then cluster "venice" does not exist'),
)
def tab(feature: FeatureFile) -> Iterator[Spot]:
    layout = _layout(feature.tree)
    for number, line in enumerate(feature.lines, 1):
        indentation = line[: len(line) - len(line.lstrip())]
        if "\t" in indentation and line.strip() and not _in_block(layout, number):
            yield Spot(number, indentation.index("\t") + 1, "a tab in the indentation: use blanks")


@feature_rule(
    "indentation",
    severity="warning",
    fixable=True,
    what="Lines are indented by two blanks a level: scenarios, steps, text blocks and tables.",
    why="What belongs to what is seen before it is read.",
    bad=example('  Then cluster "venice" does not exist'),
    good=example('Then cluster "venice" does not exist'),
)
def indentation(feature: FeatureFile) -> Iterator[Spot]:
    layout = _layout(feature.tree)
    for number, line in enumerate(feature.lines, 1):
        known = layout.get(number)
        if known is None or known.free or known.verbatim or not line.strip():
            continue
        blanks = len(line) - len(line.lstrip())
        if blanks != known.indent and "\t" not in line[:blanks]:
            yield Spot(number, blanks + 1, f"indented by {blanks}, should be by {known.indent}")


@feature_rule(
    "table-misaligned",
    severity="warning",
    fixable=True,
    what="The bars of a table stand below each other.",
    why="A table is read by its columns.",
    bad='Feature: F\n\n  Scenario Outline: S\n    Then cluster "<name>" does not exist\n\n'
    "    Examples:\n      | name |\n      | venice |\n",
    good='Feature: F\n\n  Scenario Outline: S\n    Then cluster "<name>" does not exist\n\n'
    "    Examples:\n      | name   |\n      | venice |\n",
)
def table_misaligned(feature: FeatureFile) -> Iterator[Spot]:
    layout = _layout(feature.tree)
    for block in _tables(layout):
        first, *rest = [feature.lines[number - 1].strip() for number in block]
        for number, row in zip(block[1:], rest, strict=True):
            if _bars(row) != _bars(first):
                line = feature.lines[number - 1]
                column = len(line) - len(line.lstrip()) + 1
                yield Spot(number, column, "the bars of this row do not stand below those of the first")


@feature_rule(
    "line-ending",
    severity="warning",
    fixable=True,
    what="Lines end in a line feed alone, the last one included.",
    why="Tools that join files glue the last line to the next file's first; carriage returns end up in commands.",
    bad='Feature: F\n\n  Scenario: S\n    Then cluster "venice" does not exist',
    good=example('Then cluster "venice" does not exist'),
)
def line_ending(feature: FeatureFile) -> Iterator[Spot]:
    for number, line in enumerate(feature.lines, 1):
        if line.endswith("\r"):
            yield Spot(number, len(line), "a carriage return at the end of the line")
            break
    if feature.source.text and not feature.source.text.endswith("\n"):
        yield Spot(len(feature.lines), len(feature.lines[-1]) + 1, "no line feed at the end of the file")


def mend(text: str) -> str:
    """The text in its canonical layout; the text as it was where that would change what it means or cannot be told."""
    try:
        before = parse(text)
        mended = _mended(before) if text else text
        after = parse(mended)
    except GherkinError:
        return text
    return mended if meaning(before) == meaning(after) else text


def meaning(tree: Tree) -> list[Any]:
    """What a file makes a run do, and what reports show: its scenarios and all its parts, without their places."""
    return [_bare(tree.feature), _bare(tree.scenarios)]


def _bare(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_bare(part) for part in value]
    if not is_dataclass(value):
        return value
    parts = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in _PLACES}
    if "description" in parts:
        parts["description"] = parts["description"].split()
    return {name: _bare(part) for name, part in parts.items()}


def _mended(tree: Tree) -> str:
    lines = tree.lines
    layout = _layout(tree)
    rows = {number: block for block in _tables(layout) for number in block}
    result = []
    for number, line in enumerate(lines, 1):
        known = layout.get(number)
        if known is not None and known.verbatim:
            # Blanks within a text block are content, a carriage return at its end is not.
            content = line.removesuffix("\r")
            kept = content[known.strip :] if len(content) - len(content.lstrip()) >= known.strip else content.lstrip()
            result.append(" " * known.indent + kept if kept.strip() or kept else "")
        elif number in rows:
            block = rows[number]
            aligned = _aligned([lines[row - 1].strip() for row in block])
            result.append(" " * layout[number].indent + aligned[block.index(number)])
        elif known is None or known.free:
            result.append(line.rstrip().expandtabs(_INDENT) if known is not None else line.rstrip())
        else:
            result.append((" " * known.indent + line.strip()).rstrip())
    return "\n".join(result).rstrip("\n") + "\n"


def _in_block(layout: dict[int, _Line], number: int) -> bool:
    known = layout.get(number)
    return known is not None and known.verbatim


def _layout(tree: Tree) -> dict[int, _Line]:
    """Line number → what it is; blank lines are missing."""
    layout: dict[int, _Line] = {}
    lines = tree.lines
    if tree.feature:
        _lay_out(tree.feature, 0, layout)
        for rule in tree.feature.rules:
            _lay_out(rule, _INDENT, layout)
    for section in tree.sections:
        indent = 2 * _INDENT if section.rule else _INDENT
        _lay_out(section, indent, layout)
        for step in section.steps:
            layout[step.line] = _Line(indent + _INDENT)
            _lay_out_table(step.table, indent + 2 * _INDENT, layout)
            if step.block:
                _lay_out_block(step.block, indent + 2 * _INDENT, layout, lines)
        for table in section.examples:
            _lay_out(table, indent + _INDENT, layout)
            _lay_out_table((table.header, *table.rows) if table.header else (), indent + 2 * _INDENT, layout)
    for number in reversed(tree.comments):
        # A comment goes with what follows it.
        following = next((below for below in range(number + 1, len(lines) + 1) if lines[below - 1].strip()), None)
        if following in layout and not layout[following].free:
            layout[number] = _Line(layout[following].indent)
        else:
            layout[number] = _Line(free=True)
    for number, line in enumerate(lines, 1):
        if line.strip() and number not in layout:
            layout[number] = _Line(free=True)
    return layout


def _lay_out(part: Part, indent: int, layout: dict[int, _Line]) -> None:
    for line in (part.line, *(tag.line for tag in part.tags)):
        layout[line] = _Line(indent)


def _lay_out_table(rows: Sequence[Row], indent: int, layout: dict[int, _Line]) -> None:
    for row in rows:
        layout[row.line] = _Line(indent, table=rows[0].line)


def _lay_out_block(block: TextBlock, indent: int, layout: dict[int, _Line], lines: Sequence[str]) -> None:
    opening, delimiter = block.line, block.delimiter
    layout[opening] = _Line(indent)
    strip = len(lines[opening - 1]) - len(lines[opening - 1].lstrip())
    for number in range(opening + 1, len(lines) + 1):
        if lines[number - 1].lstrip().startswith(delimiter):
            layout[number] = _Line(indent)
            return
        layout[number] = _Line(indent, verbatim=True, strip=strip)


def _tables(layout: dict[int, _Line]) -> list[list[int]]:
    """The lines of each table's rows; comments between them belong to none."""
    tables: dict[int, list[int]] = {}
    for number in sorted(number for number, line in layout.items() if line.table):
        tables.setdefault(layout[number].table, []).append(number)
    return list(tables.values())


def _cells(row: str) -> list[str]:
    """The raw cells of a row, escapes as they were written."""
    return [cell.strip() for cell in re.findall(r"((?:\\.|[^|\\])*)\|", row.partition("|")[2])]


def _bars(row: str) -> list[int]:
    """At which columns of a screen the bars stand."""
    positions, column, escaped = [], 0, False
    for letter in row:
        if letter == "|" and not escaped:
            positions.append(column)
        escaped = letter == "\\" and not escaped
        column += _width(letter)
    return positions


def _aligned(rows: list[str]) -> list[str]:
    cells = [_cells(row) for row in rows]
    widths = [max(_width(row[index]) for row in cells) for index in range(len(cells[0]))]
    return [
        "| " + " | ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]


def _width(text: str) -> int:
    """Columns on a screen: two for wide letters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
