"""The head of a step: which one it is, how far the lesson is, and how long this one takes."""

from __future__ import annotations

from collections.abc import Mapping

from textual.content import Content
from textual.widgets import Static

from liqolab.learn.model import StepProgress, StepView
from liqolab_tui.drawing import glyphs
from liqolab_tui.wording import Say, clock


class StepHeading(Static):
    """Two lines: progress through the lesson, and the step's title."""

    DEFAULT_CSS = """
    StepHeading { height: auto; margin: 0 0 1 0; color: $lab-muted; }
    """

    def __init__(
        self, say: Say, steps: tuple[StepView, ...], current: str, progress: Mapping[str, StepProgress]
    ) -> None:
        super().__init__()
        self._say = say
        self._steps = steps
        self._current = current
        self._progress = progress

    def show_progress(self, progress: Mapping[str, StepProgress]) -> None:
        """How far the learner is now."""
        self._progress = progress
        self.update(self._content())

    def on_mount(self) -> None:
        self.update(self._content())

    def _content(self) -> Content:
        number = next((place for place, step in enumerate(self._steps, 1) if step.id == self._current), 0)
        if not number:
            return Content("")
        step = self._steps[number - 1]
        here = self._progress.get(step.id, StepProgress())
        where = self._say("tui.lesson.step", number=number, count=len(self._steps))
        time = self._say("tui.lesson.time", minutes=step.minutes, spent=clock(here.seconds))
        title = Content.styled(step.title, "bold $lab-text")
        passed = (f"  ✓ {self._say('tui.lesson.passed')}", "$lab-good") if here.state == "passed" else ""
        solved = (f" · {self._say('tui.lesson.solved')}", "$lab-muted") if here.solved else ""
        return Content.assemble(where, "   ", self._track(), f"   {time}\n", title, passed, solved)

    def _track(self) -> Content:
        marks = []
        for step in self._steps:
            sign, role = glyphs.STEPS[self._progress.get(step.id, StepProgress()).state]
            if step.id == self._current:
                sign, role = "▸", "key"
            marks.append(Content.styled(sign, f"$lab-{role}"))
        return Content(" ").join(marks)
