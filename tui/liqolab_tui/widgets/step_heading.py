"""The head of a step, which stays where it is while the text scrolls: which step, how long, how far its tasks are."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from liqolab.learn.model import StepProgress
from liqolab_tui.drawing import glyphs
from liqolab_tui.lesson_state import LessonState
from liqolab_tui.wording import Say, clock


class StepHeading(Static):
    """Two lines: progress through the lesson and time, then the step's title and how many of its tasks are done."""

    DEFAULT_CSS = """
    StepHeading { height: auto; color: $lab-muted; padding: 0 2; }
    """

    def __init__(self, say: Say, state: LessonState) -> None:
        super().__init__(id="heading")
        self._say = say
        self._state = state
        self._shown = Content("")

    def show_progress(self) -> None:
        """How far the learner is now; nothing is drawn anew where nothing changed."""
        content = self._content()
        if content != self._shown:
            self._shown = content
            self.update(content)

    def on_mount(self) -> None:
        self.show_progress()

    def _content(self) -> Content:
        state = self._state
        step = state.step
        if step is None:
            return Content("")
        here = state.progress.get(step.id, StepProgress())
        where = self._say("tui.lesson.step", number=state.number, count=len(state.steps))
        time = self._say("tui.lesson.time", minutes=step.minutes, spent=clock(here.seconds))
        solved = (f" · {self._say('tui.lesson.solved')}", "$lab-muted") if here.solved else ""
        title = Content.styled(step.title, "bold $lab-text")
        return Content.assemble(where, "   ", self._track(), f"   {time}\n", title, "   ", self._tasks(), solved)

    def _tasks(self) -> Content:
        done, count = self._state.tasks_done
        if not count:
            return Content("")
        text = self._say("tui.lesson.tasks_done", done=done, count=count)
        return Content.styled(f"✓ {text}", "$lab-good") if done == count else Content.styled(text, "bold $lab-key")

    def _track(self) -> Content:
        marks = []
        for step in self._state.steps:
            sign, role = glyphs.STEPS[self._state.progress.get(step.id, StepProgress()).state]
            if step.id == self._state.current:
                sign, role = "▸", "key"
            marks.append(Content.styled(sign, f"$lab-{role}"))
        return Content(" ").join(marks)
