"""What all screens of the laboratory share: the bar, the keys at the bottom, news, and words for keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer, Input, Static
from textual.worker import Worker, WorkerState

from liqolab.learn.model import Light
from liqolab.learn.notices import BusyChanged
from liqolab_tui.drawing import glyphs
from liqolab_tui.keymap import worded
from liqolab_tui.lab import Lab
from liqolab_tui.messages import AppearanceChanged, Checked, WorkBegan, WorkEnded, WorldChanged
from liqolab_tui.widgets.busy_line import BusyLine
from liqolab_tui.widgets.top_bar import TopBar
from liqolab_tui.wording import Say

MINIMUM_WIDTH, MINIMUM_HEIGHT = 60, 16
WIDE, WIDEST = 120, 170
_OPEN_TOLD = 3
"""So many open tasks are told of after a check."""


_PUNCTUATION = ("question_mark", "colon", "slash", "space")
_WAYS_OUT = ("app.back", "app.terminal", "lesson.interrupt")
"""What the keys at the bottom offer while letters are text."""


def _offered(binding: Binding) -> Binding:
    return replace(binding, show=binding.id in _WAYS_OUT)


class LabScreen(Screen[None]):
    """A mode of the interface."""

    MODE: ClassVar[str] = ""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 (not a class variable of Textual's)
        (0, "-tiny"),
        (MINIMUM_WIDTH, "-narrow"),
        (WIDE, "-wide"),
        (WIDEST, "-widest"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-flat"),
        (MINIMUM_HEIGHT, "-low"),
        (30, "-high"),
    ]
    AUTO_FOCUS = ""
    remaking = False
    """Whether the screen is made anew at the moment and may lack any of its parts: timers and workers do not wait."""

    @property
    def lab(self) -> Lab:
        return cast("Lab", self.app)

    @property
    def say(self) -> Say:
        return self.lab.say

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        active = worded(super().active_bindings, self.say)
        if not self.takes_letters:
            return active
        # Letters are text here, so what they usually do is not offered; how to get out of here is.
        left = {key: entry for key, entry in active.items() if len(key) > 1 and key not in _PUNCTUATION}
        return {key: entry._replace(binding=_offered(entry.binding)) for key, entry in left.items()}

    @property
    def takes_letters(self) -> bool:
        """Whether what is typed goes into a line or a terminal."""
        return isinstance(self.focused, Input)

    def compose(self) -> ComposeResult:
        yield Static(self.say("tui.too_small"), id="too-small")
        yield TopBar(self.say, self.MODE, self.lab.clusters.world)
        yield from self.body()
        yield BusyLine(self.say, self.lab.lesson.state.doing)
        yield Footer(compact=True, show_command_palette=False)

    def body(self) -> Iterable[Widget]:
        """What is between the bar and the keys."""
        return ()

    def on_mount(self) -> None:
        self.lab.news.subscribe(self, self._take)
        self.settle()

    def settle(self) -> None:
        """Put things where they belong after the screen was made, or made anew in another language."""

    def forget(self) -> None:
        """Give up what is being asked for widgets that are about to be replaced; `settle` asks anew."""

    async def sure(self, what: str, **values: object) -> bool:
        """Ask whether it is to be done; called from a worker."""
        from liqolab_tui.screens.dialogs import Confirm, ask  # the first frame has none

        question, detail, yes = (
            self.say(f"tui.sure.{what}.{part}", **values) for part in ("question", "detail", "yes")
        )
        return await ask(self.app, Confirm(self.say, question, detail, yes)) is True

    async def _take(self, value: object) -> None:
        if isinstance(value, AppearanceChanged):
            self.forget()
            self.remaking = True
            try:
                await self.recompose()
            finally:
                self.remaking = False
            self.settle()
            return
        if isinstance(value, WorldChanged):
            for bar in self.query(TopBar):
                bar.show_world(value.world)
        if isinstance(value, BusyChanged | WorkBegan | WorkEnded):
            self.query_one(BusyLine).show_busy(self.lab.lesson.state.doing)
        if isinstance(value, Checked) and self.is_current:
            self._show_checked(value.lights)
        await self.take(value)

    def action_check(self) -> None:
        """How the tasks stand, wherever one is."""
        self.lab.lesson.check(told=True)

    def _show_checked(self, lights: Sequence[Light]) -> None:
        """The result of a check: the open tasks and why they are."""
        still = [light for light in lights if light.state != "on"]
        title = self.say("tui.lesson.tasks_done", done=len(lights) - len(still), count=len(lights))
        lines = [self.say("tui.check.all")] if not still else []
        for light in still[:_OPEN_TOLD]:
            reason = light.reason.strip().splitlines()
            lines.append(f"{glyphs.LIGHTS[light.state][0]} {light.task.text}" + (f": {reason[0]}" if reason else ""))
        if len(still) > _OPEN_TOLD:
            lines.append(self.say("tui.check.more", count=len(still) - _OPEN_TOLD))
        self.notify("\n".join(lines), title=title if still else f"✓ {title}", timeout=12, markup=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker's mistake is told; the interface goes on."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.lab.outlet.post(self.lab.outlet.fault(event.worker.error, "tui.fault.worker"))

    async def take(self, value: object) -> None:
        """A piece of news; called for every screen, in front or not."""
