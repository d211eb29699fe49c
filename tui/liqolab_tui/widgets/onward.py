"""How to go on when a step is done: a line below the lesson's text, in sight wherever that is scrolled to."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from liqolab_tui.lesson_state import LessonState
from liqolab_tui.wording import Say


class Onward(Static):
    """Nothing until the step is done."""

    DEFAULT_CSS = """
    Onward {
        height: auto; padding: 0 1; background: $lab-panel; color: $lab-text; border-left: outer $lab-good;
        display: none;
        &.-passed { display: block; }
    }
    """

    def __init__(self, say: Say, state: LessonState) -> None:
        super().__init__(id="onward")
        self._say = say
        self._state = state

    def on_mount(self) -> None:
        self.show_progress()

    def show_progress(self) -> None:
        """Whether the step is done now."""
        state = self._state
        here = state.progress.get(state.current)
        passed = here is not None and here.state == "passed"
        if passed:
            following = state.steps[state.number] if state.number < len(state.steps) else None
            finished = self._say("tui.lesson.finished")
            words = self._say("tui.lesson.onward", title=following.title) if following else finished
            self.update(Content.assemble(("✓ ", "$lab-good"), words))
        self.set_class(passed, "-passed")
