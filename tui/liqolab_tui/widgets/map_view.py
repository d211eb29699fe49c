"""The drawing of the clusters, on which one can walk with the arrow keys and point with the mouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from liqolab.atlas.deviation import Deviation
from liqolab.atlas.world import World
from liqolab_tui.drawing.canvas import Drawing
from liqolab_tui.drawing.cards import CardStyle
from liqolab_tui.drawing.map import draw_map
from liqolab_tui.drawing.neighbours import Direction, at, find, neighbour
from liqolab_tui.keymap import bound
from liqolab_tui.messages import ThingChosen
from liqolab_tui.reference import Reference
from liqolab_tui.wording import Say

_ROLES = ("text", "muted", "key", "good", "wait", "bad", "virtual", "link", "head", "line", "chosen")
View = Literal["now", "compare", "goal"]


class MapView(ScrollView, can_focus=True):
    """A `World`, drawn to the width that there is."""

    DEFAULT_CSS = (
        """
    MapView { background: $lab-background; scrollbar-size-vertical: 1; overflow-x: hidden; scrollbar-gutter: stable; }
    """
        + "\n".join(f"MapView .map--{role} {{ color: $lab-{role}; }}" for role in _ROLES if role != "chosen")
        + """
    MapView .map--chosen { background: $lab-chosen; text-style: bold; }
    MapView .map--head { text-style: bold; }
    """
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"map--{role}" for role in _ROLES}
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("map.up", "walk('up')"),
        bound("map.down", "walk('down')"),
        bound("map.left", "walk('left')"),
        bound("map.right", "walk('right')"),
        bound("map.open", "open", show=True),
    ]
    HELP_TOPIC = "map"

    def __init__(self, say: Say, *, id: str | None = None, pods: int = 8, brief: bool = False) -> None:
        super().__init__(id=id)
        self._say = say
        self._pods = pods
        self._brief = brief
        self._world = World()
        self._deviations: tuple[Deviation, ...] = ()
        self._empty = ""
        self._mend = ""
        self._regions: Mapping[str, str] = {}
        self._drawing = Drawing(0)
        self.chosen: Reference | None = None

    def show_world(self, world: World, deviations: Sequence[Deviation] = (), empty: str = "", mend: str = "") -> None:
        """Draw this world; `empty` is said when it has no cluster, `mend` brings one back that is gone."""
        new = (world, tuple(deviations), empty, mend)
        if new != (self._world, self._deviations, self._empty, self._mend):
            self._world, self._deviations, self._empty, self._mend = new
            self._draw()

    def show_regions(self, regions: Mapping[str, str]) -> None:
        """Where clusters are: it stands in their titles."""
        if regions != self._regions:
            self._regions = regions
            self._draw()

    @property
    def drawing(self) -> Drawing:
        """What is drawn."""
        return self._drawing

    def on_resize(self) -> None:
        self._draw()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        spot = at(self._drawing.spots, offset.x + self.scroll_offset.x, offset.y + self.scroll_offset.y)
        if spot is not None:
            self._choose(spot.target, opened=event.chain > 1)

    def action_walk(self, direction: Direction) -> None:
        spot = neighbour(self._drawing.spots, self.chosen, direction)
        if spot is not None:
            self._choose(spot.target)
            self.scroll_to_region(Region(0, spot.y - 1, 1, 3), animate=False, force=True)
        else:
            self.scroll_relative(y={"up": -2, "down": 2}.get(direction, 0), animate=False)

    def action_open(self) -> None:
        if self.chosen is not None:
            self._choose(self.chosen, opened=True)

    def _choose(self, target: Reference, *, opened: bool = False) -> None:
        self.chosen = target
        self.refresh()
        self.post_message(ThingChosen(target, opened=opened))

    def _draw(self) -> None:
        width = self.scrollable_content_region.width or self.size.width
        if not width:
            return
        style = CardStyle(self._say, self._pods, deviations=self._deviations, brief=self._brief, mend=self._mend)
        style = replace(style, regions=self._regions)
        self._drawing = draw_map(self._world, width, style)
        self.virtual_size = Size(width, max(len(self._drawing.lines), 1))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        ground = Strip.blank(width, self.rich_style)
        row = y + self.scroll_offset.y
        if not self._drawing.lines:
            return self._words(y, width) if self._empty else ground
        if row >= len(self._drawing.lines):
            return ground
        styles = {role: self.get_component_rich_style(f"map--{role}") for role in _ROLES}
        segments = [
            Segment(span.text, self.rich_style + _written(styles[span.role])) for span in self._drawing.lines[row]
        ]
        strip = Strip(segments).adjust_cell_length(width, self.rich_style)
        spot = find(self._drawing.spots, self.chosen)
        if spot is None or spot.y != row:
            return strip
        end = min(spot.x + spot.width, width)
        parts = list(strip.divide([spot.x, end, width]))
        # The terminal's own colours have no shade for it that would go with every other one.
        own = Style(color="white", bgcolor="blue", bold=True)
        lit = own if self.app.current_theme.ansi else Style(bgcolor=styles["chosen"].bgcolor, bold=True)
        over = lit if self.has_focus else Style(underline=True)
        return Strip.join([parts[0], Strip(Segment.apply_style(parts[1], post_style=over)), *parts[2:]])

    def _words(self, y: int, width: int) -> Strip:
        """The words for an empty map, in the middle."""
        lines = self._empty.split("\n")
        top = max((self.size.height - len(lines)) // 2, 0)
        if not top <= y < top + len(lines):
            return Strip.blank(width, self.rich_style)
        text = lines[y - top][:width]
        style = self.rich_style + _written(self.get_component_rich_style("map--muted"))
        return Strip([Segment(text.center(width), style)])


def _written(style: Style) -> Style:
    """Only how it is written: the ground is the map's own."""
    return Style(color=style.color, bold=style.bold, italic=style.italic)
