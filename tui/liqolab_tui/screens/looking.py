"""What map and explorer share: a detail pane, filled by asking the atlas for what it wants."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.binding import BindingType

from liqolab_tui.engine.aspects import aspect_lines
from liqolab_tui.keymap import bound
from liqolab_tui.messages import AspectWanted
from liqolab_tui.screens.base import LabScreen
from liqolab_tui.widgets.detail import Detail


class LookingScreen(LabScreen):
    """A screen with a `Detail`."""

    BINDINGS: ClassVar[list[BindingType]] = [bound("lesson.check", "check")]

    ASKING: ClassVar[tuple[str, ...]] = ("look",)
    """Groups of workers that fill widgets of this screen."""

    @property
    def detail(self) -> Detail:
        return self.query_one(Detail)

    def on_screen_resume(self) -> None:
        self.settle()

    def forget(self) -> None:
        # An answer that came while there are no widgets would have nowhere to go.
        for group in self.ASKING:
            self.workers.cancel_group(self, group)

    @on(AspectWanted)
    def _aspect_wanted(self, message: AspectWanted) -> None:
        self._look(message)

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look(self, wanted: AspectWanted) -> None:
        target, aspect = wanted.target, wanted.aspect
        first = True
        try:
            async for lines in aspect_lines(self.lab.clusters, target, aspect, self.say):
                self.detail.show_lines(target, aspect, lines, add=not first)
                first = False
        except Exception as error:  # anything may go wrong with a cluster; it is said where it was asked
            told = self.lab.outlet.fault(error, "tui.fault.look", what=target)
            lines = [line for line in (told.what, told.why, told.next) if line]
            self.detail.show_lines(target, aspect, lines)
