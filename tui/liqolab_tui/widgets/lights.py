"""The lights of a step's tasks: a sign, the task, and why it is not done."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from liqolab.learn.model import Light, Task
from liqolab_tui.drawing import glyphs
from liqolab_tui.wording import Say, inline

FLASH_SECONDS = 1.5


class TaskLights(Vertical):
    """All tasks of a step with their lights."""

    DEFAULT_CSS = """
    TaskLights {
        height: auto; margin: 0 0 1 0;
        #tasks-title { color: $lab-head; text-style: bold; }
        .light { height: auto; }
        .sign { width: 2; height: 1; }
        .words { width: 1fr; height: auto; color: $lab-text; }
        .words.-changed { background: $lab-chosen; text-style: bold; }
    }
    """

    def __init__(self, say: Say, tasks: Sequence[Task], lights: Sequence[Light]) -> None:
        super().__init__()
        self._say = say
        self._tasks = tuple(tasks)
        self._lights = tuple(lights)

    def compose(self) -> ComposeResult:
        yield Static(self._say("tui.lesson.tasks"), id="tasks-title")
        for task in self._tasks:
            with Horizontal(classes="light"):
                yield Static(self._sign(self._light(task)), classes="sign")
                yield Static(self._row(self._light(task)), classes="words")

    def show_lights(self, lights: Sequence[Light]) -> None:
        """The lights as they are now."""
        if tuple(lights) == self._lights:
            return
        before = {light.task.id: light.state for light in self._lights}
        self._lights = tuple(lights)
        signs, rows = self.query(".sign").results(Static), self.query(".words").results(Static)
        for sign, row, task in zip(signs, rows, self._tasks, strict=True):
            sign.update(self._sign(self._light(task)))
            row.update(self._row(self._light(task)))
            if self._light(task).state != before.get(task.id, "off"):
                self._flash(row)

    def _light(self, task: Task) -> Light:
        return next((light for light in self._lights if light.task.id == task.id), Light(task))

    def _flash(self, row: Static) -> None:
        """Show for a moment that it is another than it was; not where nothing is to move."""
        if self.app.animation_level != "none":
            row.add_class("-changed")
            self.set_timer(FLASH_SECONDS, lambda: row.remove_class("-changed"))

    @staticmethod
    def _sign(light: Light) -> Content:
        sign, role = glyphs.LIGHTS[light.state]
        return Content.styled(sign, f"$lab-{role}")

    def _row(self, light: Light) -> Content:
        role = glyphs.LIGHTS[light.state][1]
        # That it is done or open, its sign says, and the number of those that are done stands above the lesson.
        word = (f"  {self._say('tui.light.dark')}", f"$lab-{role}") if light.state == "dark" else ""
        parts = [Content.assemble(inline(light.task.text), word)]
        since = light.since.astimezone().strftime("%H:%M:%S") if light.since is not None else ""
        if light.state == "dark":
            parts.append(Content.styled(self._say("tui.light.went_dark", time=since), "$lab-wait"))
        if light.state != "on" and light.reason:
            lines = light.reason.strip().splitlines()
            parts.append(Content.styled(lines[0], "$lab-muted"))
        return Content("\n").join(parts)
