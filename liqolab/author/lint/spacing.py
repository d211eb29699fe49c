"""How a feature is set: one canonical layout, computed line by line, so that finding and mending are one thing.

`laid_out` says what each line should be. The rules compare; `--fix` writes. Nothing inside of a text block is touched
but its common indentation, and `mend` proves that nothing changed its meaning by compiling both texts to pickles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gherkin.pickles.compiler import Compiler

from liqolab.author.lint.feature_file import FeatureFile, FeatureSyntaxError, feature_rule, parse
from liqolab.author.lint.finding import Spot

_INDENT = 2
_TAGS_COMMENT = re.compile(r"\s#")


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
    good='Feature: F\n\n  Scenario: S\n    Then cluster "venice" does not exist\n',
)
def trailing_space(feature: FeatureFile) -> Iterator[Spot]:
    layout = _layout(feature.document, feature.lines)
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
    good='Feature: F\n\n  Scenario: S\n    Then cluster "venice" does not exist\n',
)
def tab(feature: FeatureFile) -> Iterator[Spot]:
    layout = _layout(feature.document, feature.lines)
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
    bad='Feature: F\n\n  Scenario: S\n      Then cluster "venice" does not exist\n',
    good='Feature: F\n\n  Scenario: S\n    Then cluster "venice" does not exist\n',
)
def indentation(feature: FeatureFile) -> Iterator[Spot]:
    layout = _layout(feature.document, feature.lines)
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
    layout = _layout(feature.document, feature.lines)
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
    good='Feature: F\n\n  Scenario: S\n    Then cluster "venice" does not exist\n',
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
        mended = _mended(before, text)
        after = parse(mended)
    except FeatureSyntaxError:
        return text
    return mended if meaning(before) == meaning(after) else text


def meaning(document: dict[str, Any]) -> list[Any]:
    """What a document makes a run do: its pickles without ids and places, and the names that reports show."""
    feature = document.get("feature")
    if not feature:
        return []
    pickles = Compiler().compile({**document, "uri": ""})
    names = [feature["name"], feature["language"], _words(feature.get("description"))]
    return [*names, [_bare(pickle) for pickle in pickles], _outline(feature)]


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        hidden = ("id", "astNodeIds", "astNodeId", "location")
        return {key: _bare(part) for key, part in value.items() if key not in hidden}
    return [_bare(part) for part in value] if isinstance(value, list) else value


def _outline(value: Any) -> Any:
    """Names, keywords, descriptions and comments as they are ordered, whether or not a pickle comes of them."""
    if isinstance(value, dict):
        kept = {
            key: _outline(part) for key, part in value.items() if isinstance(part, dict | list) and key != "location"
        }
        for key in ("keyword", "name", "text", "value", "content", "mediaType", "delimiter"):
            if key in value:
                kept[key] = value[key]
        return {**kept, "description": _words(value.get("description"))}
    return [_outline(part) for part in value] if isinstance(value, list) else None


def _words(text: str | None) -> list[str]:
    return (text or "").split()


def _mended(document: dict[str, Any], text: str) -> str:
    lines = text.split("\n")
    layout = _layout(document, lines)
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
    return "\n".join(result).rstrip("\n") + "\n" if text else text


def _in_block(layout: dict[int, _Line], number: int) -> bool:
    known = layout.get(number)
    return known is not None and known.verbatim


def _layout(document: dict[str, Any], lines: list[str]) -> dict[int, _Line]:
    """Line number → what it is; blank lines are missing."""
    layout: dict[int, _Line] = {}
    feature = document.get("feature")
    if feature:
        _lay_out_section(feature, 0, layout, lines)
    comments = sorted(comment["location"]["line"] for comment in document.get("comments", ()))
    for number in reversed(comments):
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


def _lay_out_section(node: dict[str, Any], indent: int, layout: dict[int, _Line], lines: list[str]) -> None:
    """A Feature, Rule, Background, Scenario or Examples, and all below it."""
    layout[node["location"]["line"]] = _Line(indent)
    for tag in node.get("tags", ()):
        layout[tag["location"]["line"]] = _Line(indent)
    for child in node.get("children", ()):
        for below in child.values():
            _lay_out_section(below, indent + _INDENT, layout, lines)
    for step in node.get("steps", ()):
        layout[step["location"]["line"]] = _Line(indent + _INDENT)
        _lay_out_table(step.get("dataTable", {}).get("rows", ()), indent + 2 * _INDENT, layout)
        if "docString" in step:
            _lay_out_block(step["docString"], indent + 2 * _INDENT, layout, lines)
    for table in node.get("examples", ()):
        _lay_out_section(table, indent + _INDENT, layout, lines)
        rows = [table["tableHeader"], *table.get("tableBody", ())] if "tableHeader" in table else []
        _lay_out_table(rows, indent + 2 * _INDENT, layout)


def _lay_out_table(rows: Sequence[Any], indent: int, layout: dict[int, _Line]) -> None:
    for row in rows:
        layout[row["location"]["line"]] = _Line(indent, table=rows[0]["location"]["line"])


def _lay_out_block(block: dict[str, Any], indent: int, layout: dict[int, _Line], lines: list[str]) -> None:
    opening, delimiter = block["location"]["line"], block["delimiter"]
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
