"""What a drawing is: lines of spans that name roles, and spots that can be pointed at."""

from __future__ import annotations

from dataclasses import dataclass, field

from liqolab_tui.reference import Reference


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one line; `role` is one of the theme's."""

    text: str
    role: str = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a card, and what it is about."""

    spans: tuple[Span, ...]
    target: Reference | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """Cells of one row that stand for `target`."""

    x: int
    y: int
    width: int
    target: Reference


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished drawing."""

    width: int
    lines: tuple[tuple[Span, ...], ...] = ()
    spots: tuple[Spot, ...] = ()

    @property
    def text(self) -> str:
        """The drawing without its colours."""
        return "\n".join("".join(span.text for span in line).rstrip() for line in self.lines)


@dataclass(slots=True)
class Canvas:
    """A grid of cells to draw on; what lies outside is left out."""

    width: int
    height: int
    _cells: list[list[tuple[str, str]]] = field(init=False)
    spots: list[Spot] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cells = [[(" ", "text")] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, text: str, role: str) -> None:
        """Write `text` from a cell on."""
        if 0 <= y < self.height:
            row = self._cells[y]
            for offset, character in enumerate(text):
                if 0 <= x + offset < self.width:
                    row[x + offset] = (character, role)

    def at(self, x: int, y: int) -> str:
        """What stands in a cell."""
        return self._cells[y][x][0] if 0 <= y < self.height and 0 <= x < self.width else " "

    def drawing(self) -> Drawing:
        """What was drawn."""
        return Drawing(self.width, tuple(_runs(row) for row in self._cells), tuple(self.spots))


def _runs(row: list[tuple[str, str]]) -> tuple[Span, ...]:
    spans: list[Span] = []
    text, role = "", ""
    for character, of in row:
        if of != role and text:
            spans.append(Span(text, role))
            text = ""
        text, role = text + character, of
    if text:
        spans.append(Span(text, role))
    return tuple(spans)
