"""The explorer: any kind of any cluster, under the keys that k9s taught; nothing can be changed from here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.events import Key
from textual.suggester import SuggestFromList
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from liqolab.atlas.explorer_model import AtlasError, Kind, Table
from liqolab_tui.engine.contracts import Atlas
from liqolab_tui.keymap import bound
from liqolab_tui.messages import Aspect, ThingChosen, WorldChanged
from liqolab_tui.screens.looking import LookingScreen
from liqolab_tui.widgets.cluster_tabs import ClusterTabs
from liqolab_tui.widgets.detail import Detail
from liqolab_tui.widgets.object_table import ObjectTable

_FIRST_KIND = "pods"
_CALM = 0.5
"""Seconds between two fetches that nobody asked for."""
_PATIENCE = 0.7
"""Seconds after which the tables of the others are shown while one cluster has not answered."""


class ExplorerScreen(LookingScreen):
    """The third mode."""

    MODE = "explorer"
    ASKING = (*LookingScreen.ASKING, "list", "kinds")
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("explorer.kind", "ask('kind')", show=True),
        bound("explorer.filter", "ask('filter')", show=True),
        bound("explorer.describe", "look('summary')", show=True),
        bound("explorer.yaml", "look('yaml')", show=True),
        bound("explorer.logs", "look('logs')", show=True),
        bound("explorer.events", "look('events')", show=True),
        bound("explorer.why", "look('why')", show=True),
        bound("explorer.all", "all", show=True),
        bound("explorer.next", "next_cluster"),
        bound("explorer.cluster", "digit"),
        bound("app.back", "back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._kind = _FIRST_KIND
        self._filter = ""
        self._asking: str = ""
        self._due: Timer | None = None
        self._behind = False
        self._all = False

    def body(self) -> Iterable[Widget]:
        yield ClusterTabs(self.say)
        yield Static("", id="listing")
        yield Container(Vertical(ObjectTable(self.say), id="objects"), Detail(self.say), id="explorer-body")
        yield Input(id="ask", compact=True)

    def settle(self) -> None:
        self.query_one("#ask").display = False
        self._show_clusters()
        self.table.focus()
        self._list()

    @property
    def table(self) -> ObjectTable:
        return self.query_one(ObjectTable)

    @property
    def _clusters(self) -> list[str]:
        return [view.name for view in self.lab.clusters.world.clusters]

    @property
    def _system(self) -> frozenset[tuple[str, str]]:
        """Clusters and their namespaces that are not the lesson's; none where there would be nothing else to see."""
        views = self.lab.clusters.world.clusters
        spaces = {(view.name, space.name) for view in views for space in view.namespaces if space.system}
        others = {(view.name, pod.namespace) for view in views for pod in view.pods} - spaces
        return frozenset(spaces) if others else frozenset()

    async def take(self, value: object) -> None:
        if isinstance(value, WorldChanged) and self.is_current:
            self._show_clusters()
            # Clusters change in bursts; what is on the screen need not be fetched anew for each change of one.
            if self._due is None:
                self._due = self.set_timer(_CALM, self._list)

    # Keys -------------------------------------------------------------------------------------------------------

    def action_ask(self, what: str) -> None:
        """Open the line for a kind or a filter."""
        self._asking = what
        line = self.query_one("#ask", Input)
        line.display = True
        line.placeholder = self.say("tui.explorer.kinds" if what == "kind" else "tui.explorer.filter")
        line.suggester = SuggestFromList(self.lab.kinds, case_sensitive=False) if what == "kind" else None
        line.value = "" if what == "kind" else self._filter
        line.focus()
        if what == "kind" and not self.lab.kinds:
            self._learn_kinds()

    def action_look(self, aspect: Aspect) -> None:
        if (target := self.table.target) is None:
            self.notify(self.say("tui.explorer.nothing"))
        else:
            self.detail.point(target, aspect)

    def action_next_cluster(self) -> None:
        places = [None, *self._clusters]
        place = places.index(self.lab.explored) + 1 if self.lab.explored in places else 0
        self.action_cluster(place % len(places))

    def action_cluster(self, number: int) -> None:
        """Look at all clusters (0) or at one."""
        if number <= len(self._clusters):
            self.lab.explored = self._clusters[number - 1] if number else None
            self._show_clusters()
            self._list()

    def action_all(self) -> None:
        """Unfold what Kubernetes and Liqo made for themselves, and fold it again."""
        self._all = not self._all
        self._list()

    def on_key(self, event: Key) -> None:
        if event.character and event.character.isdigit() and not self.takes_letters:
            event.stop()
            self.action_cluster(int(event.character))

    def action_back(self) -> None:
        if self.query_one("#ask").display:
            self.query_one("#ask").display = False
            self.table.focus()
        elif self.detail.has_class("-pointed"):
            self.detail.remove_class("-pointed")
            self.table.focus()
        elif self._filter:
            self._filter = ""
            self._list()
        else:
            self.lab.action_mode("lesson")

    @on(Input.Changed, "#ask")
    def _typed(self, event: Input.Changed) -> None:
        if self._asking == "filter" and event.value != self._filter:
            self._filter = event.value
            self._list()

    @on(Input.Submitted, "#ask")
    def _submitted(self, event: Input.Submitted) -> None:
        if self._asking == "kind" and event.value.strip():
            self._kind = event.value.strip().lower()
            self._filter = ""
            self._list()
        self.query_one("#ask").display = False
        self.table.focus()

    @on(ThingChosen)
    def _thing_chosen(self, message: ThingChosen) -> None:
        self.detail.point(message.target)

    # Asking -----------------------------------------------------------------------------------------------------

    def _show_clusters(self) -> None:
        self.query_one(ClusterTabs).show_clusters(self._clusters, self.lab.explored)

    @work(exclusive=True, group="list", exit_on_error=False)
    async def _list(self) -> None:
        """Fetch the tables; what one cluster cannot answer does not keep the others from being shown."""
        if self._due is not None:
            self._due.stop()
            self._due = None
        clusters = [self.lab.explored] if self.lab.explored else self._clusters
        found: dict[str, Table | str] = {}

        async def fetch(cluster: str) -> None:
            found[cluster] = await self._fetch(cluster)
            self._show_found(clusters, found)

        if not clusters:
            self._show_found(clusters, found)
        patience = self.set_timer(_PATIENCE, partial(self._show_found, clusters, found, waited=True))
        try:
            await asyncio.gather(*(fetch(cluster) for cluster in clusters))
        finally:
            patience.stop()

    async def _fetch(self, cluster: str) -> Table | str:
        """The table of one cluster, or why there is none."""
        kind, wanted = self._kind, self._filter
        try:
            return await self.lab.clusters.ask(lambda atlas: atlas.explorer(cluster).table(kind, None, wanted))
        except AtlasError as error:
            return error.what if error.what.endswith(error.why) else f"{error.what}: {error.why}"
        except Exception as error:  # a cluster may break in any way; the rest is shown
            told = self.lab.outlet.fault(error, "tui.fault.look", what=self._kind)
            return f"{told.what}: {told.why}"

    def _show_found(self, clusters: list[str], found: Mapping[str, Table | str], *, waited: bool = False) -> None:
        """Show what has come, once it is all there or has kept somebody waiting."""
        missing = [cluster for cluster in clusters if cluster not in found]
        # A screen that is made anew lists anew.
        if self.remaking or (missing and not (waited or self._behind)):
            return
        self._behind = bool(missing)
        answers = {cluster: found[cluster] for cluster in clusters if cluster in found}
        tables = {cluster: answer for cluster, answer in answers.items() if not isinstance(answer, str)}
        problems = [answer for answer in answers.values() if isinstance(answer, str)]
        problems += [self.say("tui.explorer.waiting", cluster=cluster) for cluster in missing]
        width = self.table.size.width or self.size.width
        system = self._system
        folded = not (self._all or self._filter)
        self.table.show_tables(tables, width=width, several=len(clusters) > 1, system=system, folded=folded)
        self._describe(tables, problems)

    def _describe(self, tables: dict[str, Table], problems: list[str]) -> None:
        kind = next((table.kind.plural for table in tables.values()), self._kind)
        parts = [Content.styled(self.say("tui.explorer.count", kind=kind, count=self.table.count), "bold $lab-head")]
        if self.table.folded:
            parts.append(Content.styled(f"  {self.say('tui.explorer.folded', count=self.table.folded)}", "$lab-muted"))
        if self._filter:
            parts.append(Content.styled(f"  /{self._filter}", "$lab-key"))
        parts.append(Content.styled(f"  {self.say('tui.explorer.read_only')}", "$lab-muted"))
        parts += [Content.styled(f"\n✗ {problem}", "$lab-bad") for problem in problems[:3]]
        self.query_one("#listing", Static).update(Content.assemble(*parts))

    @work(exclusive=True, group="kinds", exit_on_error=False)
    async def _learn_kinds(self) -> None:
        names: set[str] = set()
        for cluster in self._clusters:
            try:
                kinds = await self.lab.clusters.ask(partial(_kinds, cluster))
            except Exception:  # noqa: S112 (completion is a comfort: a cluster that does not answer adds nothing to it)
                continue
            names |= {kind.plural for kind in kinds}
        self.lab.kinds = sorted(names)
        if self._asking == "kind":
            self.query_one("#ask", Input).suggester = SuggestFromList(self.lab.kinds, case_sensitive=False)


async def _kinds(cluster: str, atlas: Atlas) -> tuple[Kind, ...]:
    return await atlas.explorer(cluster).kinds()
