"""What the lesson's screen asks before it does something: which step, and whether one is sure.

The dialogs are imported when they are needed: the first frame has none.
"""

from __future__ import annotations

from textual import work
from textual.content import Content

from liqolab.learn.model import StepProgress
from liqolab_tui.drawing import glyphs
from liqolab_tui.screens.base import LabScreen
from liqolab_tui.wording import clock


class AskingScreen(LabScreen):
    """A screen that can change where the lesson is."""

    def action_solution(self) -> None:
        step = self.lab.lesson.state.step
        if step is None:
            return
        from liqolab_tui.screens.dialogs import Show

        text = Content("\n\n").join(Content(command.text.rstrip()) for command in step.commands)
        self.app.push_screen(Show(self.say, self.say("tui.solution.title", title=step.title), text))

    @work(exit_on_error=False)
    async def action_solve(self) -> None:
        if await self.sure("solve"):
            self.lab.lesson.solve()

    @work(exit_on_error=False)
    async def action_reset(self) -> None:
        if await self.sure("reset"):
            self.lab.lesson.reset()

    @work(exit_on_error=False)
    async def action_previous(self) -> None:
        if self.lab.lesson.state.number <= 1:
            self.notify(self.say("tui.lesson.first"))
        elif await self.sure("previous"):
            self.lab.lesson.previous()

    @work(exit_on_error=False)
    async def action_go(self) -> None:
        state = self.lab.lesson.state
        options = []
        for place, step in enumerate(state.steps, 1):
            here = state.progress.get(step.id, StepProgress())
            sign, role = glyphs.STEPS[here.state]
            spent = clock(here.seconds) if here.seconds else ""
            word = self.say(f"tui.step.{here.state}")
            text = Content.assemble(
                (f"{sign} ", f"$lab-{role}"), f"{place} {step.title}  ", (f"{word} {spent}", "$lab-muted")
            )
            options.append((step.id, text))
        from liqolab_tui.screens.dialogs import Choose, ask

        chosen = await ask(self.app, Choose(self.say, self.say("tui.go.title"), options, state.current))
        if chosen is not None and chosen != state.current:
            await self.go_to(chosen)

    async def go_to(self, step: str) -> None:
        """Make a step the current one, if the person is sure."""
        state = self.lab.lesson.state
        ids = [view.id for view in state.steps]
        if ids.index(step) == state.number and state.progress[state.current].state == "passed":
            self.lab.lesson.next()
        elif await self.sure("forward" if ids.index(step) >= state.number else "backward"):
            self.lab.lesson.go_to(step)
