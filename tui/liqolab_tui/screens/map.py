"""The map: the clusters as they are, or beside the goal of the step; what is chosen is explained below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from liqolab.atlas.regions import regions
from liqolab.atlas.world import World
from liqolab_tui.drawing import glyphs
from liqolab_tui.drawing.placing import remarkable
from liqolab_tui.keymap import bound
from liqolab_tui.messages import ThingChosen, WorldChanged
from liqolab_tui.screens.looking import LookingScreen
from liqolab_tui.widgets.detail import Detail
from liqolab_tui.widgets.map_view import MapView, View

_NEXT: dict[View, View] = {"now": "compare", "compare": "goal", "goal": "now"}
_LISTED = 5
_MOST_OF_THE_HEIGHT = 0.55
"""So much of it leaves the rest to what is explained below."""


class MapScreen(LookingScreen):
    """The second mode."""

    MODE = "map"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("map.goal", "turn", show=True),
        bound("map.lesson", "app.mode('lesson')", show=True),
        bound("app.back", "back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._view: View = "now"

    def body(self) -> Iterable[Widget]:
        yield Vertical(
            MapView(self.say, id="world"),
            Static(id="deviations"),
            Static(id="legend"),
            Detail(self.say),
            id="map-body",
        )

    def settle(self) -> None:
        """Show how things are now, and what somebody came for."""
        self._show()
        self.map.focus()
        if (target := self.lab.target) is not None:
            self.lab.target = None
            self.map.chosen = target
            self.detail.point(target)
        else:
            self.call_after_refresh(self._point_out)

    def _point_out(self) -> None:
        """Where the drawing leaves room, explain what is most in need of it."""
        rows = self.query_one("#map-body").size.height
        if self.map.chosen is not None or len(self.map.drawing.lines) > rows * _MOST_OF_THE_HEIGHT:
            return
        if (target := remarkable(self.lab.clusters.world)) is not None:
            self.map.chosen = target
            self.map.refresh()
            self.detail.point(target, "why" if target.kind == "pod" else None)

    @property
    def map(self) -> MapView:
        return self.query_one("#world", MapView)

    async def take(self, value: object) -> None:
        if isinstance(value, WorldChanged):
            self._show()
            if self.is_current:
                self._point_out()

    @on(ThingChosen)
    def _thing_chosen(self, message: ThingChosen) -> None:
        self.detail.point(message.target)
        if message.opened:
            self.focus_next()

    def action_turn(self) -> None:
        if self.lab.clusters.goal is None:
            self.notify(self.say("tui.map.no_goal"))
            return
        self._view = _NEXT[self._view]
        self._show()

    def action_back(self) -> None:
        if self.map.has_focus:
            self.lab.action_mode("lesson")
        self.map.focus()

    def _show(self) -> None:
        clusters = self.lab.clusters
        goal, deviations = clusters.goal, clusters.deviations
        world = goal if self._view == "goal" and goal is not None else clusters.world
        marked = deviations if self._view == "compare" else ()
        self.map.show_regions(regions(self.lab.clusters.world, self.lab.lesson.state.regions))
        self.map.show_world(world, marked, self.say("tui.map.empty"), self.lab.session.mend)
        self.query_one("#legend", Static).update(self._legend(world))
        box = self.query_one("#deviations", Static)
        box.set_class(self._view != "now", "-shown")
        if self._view != "now":
            box.update(self._words())

    def _words(self) -> Content:
        deviations = self.lab.clusters.deviations
        title = self.say(f"tui.map.view.{self._view}")
        if not deviations:
            return Content.assemble((title, "bold"), f"  ✓ {self.say('tui.map.as_wanted')}")
        lines = [Content.assemble((title, "bold"), f"  {self.say('tui.map.differences', count=len(deviations))}")]
        for entry in deviations[:_LISTED]:
            sign, role = glyphs.DEVIATIONS[entry.kind]
            what = f"{entry.what} {entry.path}".strip()
            values = f"  {entry.now or '–'} → {entry.goal or '–'}" if entry.kind == "different" else ""
            word = self.say(f"tui.map.deviation.{entry.kind}")
            lines.append(Content.assemble((f"{sign} {word} ", f"$lab-{role}"), f"{entry.cluster}: {what}{values}"))
        return Content("\n").join(lines)

    def _legend(self, world: World) -> Content:
        """The signs that are on the map, in words."""
        states = {pod.state for view in world.clusters for pod in view.pods}
        signs = [(sign, role, state) for state, (sign, role) in glyphs.PODS.items() if state in states]
        parts = [Content.assemble((sign, f"$lab-{role}"), f" {state}") for sign, role, state in signs]
        parts.append(Content(f"{glyphs.PHYSICAL} {self.say('tui.map.node')}"))
        parts.append(Content.assemble((glyphs.VIRTUAL, "$lab-virtual"), f" {self.say('tui.map.virtual_node')}"))
        return Content("  ").join(parts)
