"""The line at the top: where one is, where else one can go, and how the clusters are."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from liqolab.atlas.world import World
from liqolab_tui.drawing import glyphs
from liqolab_tui.wording import Say

MODES = ("lesson", "map", "explorer", "acceptance", "snapshots")
"""All modes, in the order of their tabs."""


class TopBar(Horizontal):
    """Name, tabs of the modes, clusters."""

    DEFAULT_CSS = """
    TopBar {
        height: 1; background: $lab-panel; color: $lab-text;
        #name { width: auto; padding: 0 1; color: $lab-head; text-style: bold; }
        .tab {
            width: auto; padding: 0 1; color: $lab-muted; link-color: $lab-muted; link-style: none;
            link-background-hover: $lab-chosen; link-color-hover: $lab-text; link-style-hover: none;
        }
        .tab:hover { color: $lab-text; background: $lab-chosen; }
        .tab.-here { color: $lab-text; background: $lab-chosen; text-style: bold; }
        #clusters { width: 1fr; text-align: right; padding: 0 1; color: $lab-muted; }
    }
    """

    def __init__(self, say: Say, mode: str, world: World) -> None:
        super().__init__()
        self._say = say
        self._mode = mode
        self._world = world

    def compose(self) -> ComposeResult:
        yield Static("liqolab", id="name")
        for mode in MODES:
            title = self._say(f"tui.mode.{mode}")
            here = mode == self._mode
            text = Content.from_markup(f"[@click=app.mode('{mode}')]$title[/]", title=title)
            yield Static(text if not here else title, classes="tab -here" if here else "tab", id=f"tab-{mode}")
        yield Static(self._clusters(), id="clusters")

    def show_world(self, world: World) -> None:
        """Show how the clusters are now."""
        if world != self._world:
            self._world = world
            self.query_one("#clusters", Static).update(self._clusters())

    def _clusters(self) -> Content:
        views = self._world.clusters
        if not views:
            return Content(self._say("tui.bar.no_clusters"))
        if self.app.size.width < 100:
            up = sum(view.reachable for view in views)
            worst = min(views, key=lambda view: (view.reachable, view.waiting))
            sign, role = glyphs.cluster_sign(worst)
            return Content.assemble((f"{sign} ", f"$lab-{role}"), f"{up}/{len(views)}")
        parts: list[Content | str | tuple[str, str]] = []
        for view in views:
            sign, role = glyphs.cluster_sign(view)
            parts += [("  " if parts else ""), (f"{sign} ", f"$lab-{role}"), view.name]
        return Content.assemble(*parts)
