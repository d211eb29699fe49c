"""The lesson: its text at the left, the runner and the map at the right; one below the other where it is narrow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget

from liqolab import installed
from liqolab.atlas.regions import regions
from liqolab.learn.model import StepProgress
from liqolab.learn.notices import (
    CommandEnded,
    CommandStarted,
    LightsChanged,
    ProgressChanged,
    StepEntered,
    StepPassed,
)
from liqolab_tui.drawing import glyphs
from liqolab_tui.engine.shell import marking_bash
from liqolab_tui.keymap import bound
from liqolab_tui.messages import (
    CommandChosen,
    CommandSubmitted,
    Completed,
    CompletionWanted,
    HintGiven,
    LessonOpened,
    OutputGrew,
    PasteShortened,
    TerminalCommandEnded,
    ThingChosen,
    WorldChanged,
)
from liqolab_tui.screens.base import LabScreen
from liqolab_tui.widgets.command_block import CommandBlock
from liqolab_tui.widgets.lesson_pane import LessonPane
from liqolab_tui.widgets.map_view import MapView
from liqolab_tui.widgets.onward import Onward
from liqolab_tui.widgets.runner import Runner
from liqolab_tui.widgets.step_heading import StepHeading
from liqolab_tui.widgets.terminal import is_installed, terminal_pane
from liqolab_tui.wording import clock


class LessonScreen(LabScreen):
    """The first mode."""

    MODE = "lesson"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("lesson.next", "next", show=True),
        bound("lesson.check", "check", show=True),
        bound("lesson.hint", "hint", show=True),
        bound("lesson.solution", "solution", show=True),
        bound("lesson.go", "go", show=True),
        bound("lesson.prompt", "prompt", show=True),
        bound("lesson.map", "app.mode('map')", show=True),
        bound("lesson.previous", "previous"),
        bound("lesson.solve", "solve"),
        bound("lesson.reset", "reset"),
        bound("lesson.list", "go"),
        bound("lesson.zoom", "zoom"),
        bound("lesson.interrupt", "interrupt", priority=True),
        bound("app.back", "back"),
    ]

    def body(self) -> Iterable[Widget]:
        controller = self.lab.lesson
        state = controller.state
        yield Container(
            Vertical(StepHeading(self.say, state), LessonPane(self.say, state), Onward(self.say, state), id="left"),
            Vertical(
                Runner(self.say, controller.transcript.all(), self.lab.history, state.running is not None),
                MapView(self.say, id="minimap", pods=4, brief=True),
                id="right",
            ),
            id="body",
        )

    def settle(self) -> None:
        """Put things where they belong after the screen was made, or made anew in another language."""
        self.minimap.border_title = self.say("tui.mode.map")
        self._show_world()
        self.call_after_refresh(self._begin)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)

    def _begin(self) -> None:
        self.pane.show_commands()
        self.pane.focus_command()

    @property
    def pane(self) -> LessonPane:
        return self.query_one(LessonPane)

    @property
    def runner(self) -> Runner:
        return self.query_one(Runner)

    @property
    def minimap(self) -> MapView:
        return self.query_one("#minimap", MapView)

    # News -------------------------------------------------------------------------------------------------------

    async def take(self, value: object) -> None:
        match value:
            case OutputGrew():
                transcript = self.lab.lesson.transcript
                await self.runner.add_entries(transcript.drain(), transcript.unfinished)
            case LessonOpened():
                await self.pane.show_step()
                self._show_progress()
                self.pane.focus_command()
            case StepEntered():
                await self.pane.show_step()
                self._show_progress()
                self._focus_unless_typing()
            case CommandStarted():
                # What it prints is not to be behind the second terminal.
                self._show_terminal(False)
                self._show_running()
            case CommandEnded():
                self._show_running()
                self._focus_unless_typing()
            case Completed(line=line, completion=completion):
                if self.runner.prompt.go_on(line, completion.insertion):
                    # A choice is shown when Tab could add nothing to tell them apart.
                    self.runner.offer(completion.candidates if not completion.insertion else ())
            case LightsChanged():
                self.pane.show_lights()
                self._show_progress()
            case ProgressChanged():
                self._show_progress()
            case StepPassed(step=step):
                self._show_progress()
                self._passed(step)
            case HintGiven(further=further):
                await self.pane.show_hints()
                if not further:
                    self.notify(self.say("tui.hint.no_more"))
            case WorldChanged():
                self._show_world()

    def _show_progress(self) -> None:
        self.pane.show_progress()
        self.query_one(StepHeading).show_progress()
        self.query_one(Onward).show_progress()

    def _tick(self) -> None:
        """A second has passed."""
        # A timer does not wait for the screen while it is made anew and has no heading.
        if self.is_current and not self.remaking:
            self.lab.lesson.tick()
            self.query_one(StepHeading).show_progress()
            state = self.lab.lesson.state
            self.runner.show_time(time.monotonic() - state.started if state.running is not None else None)

    def _show_running(self) -> None:
        self.runner.show_running(self.lab.lesson.state.running is not None)
        self.pane.show_commands()

    def _show_world(self) -> None:
        self.minimap.show_regions(regions(self.lab.clusters.world, self.lab.lesson.state.regions))
        self.minimap.show_world(self.lab.clusters.world, empty=self.say("tui.map.empty"), mend=self.lab.session.mend)

    def _focus_unless_typing(self) -> None:
        if not self.runner.prompt.has_focus and self.is_current:
            self.pane.focus_command()

    def _passed(self, step: str) -> None:
        """Told in a message only where the lesson, which says it too, is not in sight."""
        if not self.is_current:
            title = next((view.title for view in self.lab.lesson.state.steps if view.id == step), step)
            self.notify(self.say("tui.lesson.passed_notice", title=title), title=f"✓ {self.say('tui.lesson.passed')}")

    # What widgets wish ------------------------------------------------------------------------------------------

    @on(CommandChosen)
    def _command_chosen(self, message: CommandChosen) -> None:
        if message.how == "copy":
            self.app.copy_to_clipboard(message.text)
            self.notify(self.say("tui.command.copied"))
        elif message.how == "edit":
            self._edit(message.text)
        else:
            self._run(message.text)

    def action_edit(self) -> None:
        """Put the focused command into the prompt, to be changed there before it is run."""
        if isinstance(self.focused, CommandBlock):
            self._edit(self.focused.command.text)

    def _edit(self, text: str) -> None:
        self.runner.prompt.put(text)
        # At once, and not after what is in the queues: who types on means the prompt.
        self.set_focus(self.runner.prompt)

    @on(CompletionWanted)
    def _completion_wanted(self, message: CompletionWanted) -> None:
        self.lab.lesson.complete(message.line)

    @on(CommandSubmitted)
    def _command_submitted(self, message: CommandSubmitted) -> None:
        if self._run(message.text):
            self.lab.history.append(message.text)
            self.runner.prompt.value = ""

    def _run(self, text: str) -> bool:
        if self.lab.lesson.run(text):
            self._show_running()
            return True
        key = "tui.runner.one_at_a_time" if self.lab.lesson.state.opened else "tui.lesson.opening"
        self.notify(self.say(key), severity="warning")
        return False

    @on(PasteShortened)
    def _paste_shortened(self, message: PasteShortened) -> None:
        self.notify(self.say("tui.runner.paste", kept=message.kept, given=message.given), severity="warning")

    @on(TerminalCommandEnded)
    def _terminal_command_ended(self, message: TerminalCommandEnded) -> None:
        failed = self.say("tui.command.failed", code=message.code)
        for box in self.query("#terminal-box"):
            box.border_subtitle = f"✗ {failed}" if message.code else "✓"
        self.lab.lesson.check()

    @on(ThingChosen)
    def _thing_chosen(self, message: ThingChosen) -> None:
        if message.opened:
            self.lab.look_at(message.target)

    # Keys -------------------------------------------------------------------------------------------------------

    def action_next(self) -> None:
        state = self.lab.lesson.state
        here = state.progress.get(state.current, StepProgress())
        if here.state != "passed":
            self.action_check()
        elif state.number == len(state.steps):
            self._show_ending()
        else:
            self.lab.lesson.next()

    @work(exit_on_error=False)
    async def _show_ending(self) -> None:
        """What was learnt, how long it took, what comes next."""
        from liqolab_tui.screens.course import EndingScreen

        if (walkthrough := self.lab.lesson.walkthrough) is not None:
            text = await asyncio.to_thread(walkthrough.ending)
            self.app.push_screen(EndingScreen(self.say, self.say("tui.lesson.ending"), text))

    def action_solution(self) -> None:
        step = self.lab.lesson.state.step
        if step is None:
            return
        from liqolab_tui.screens.dialogs import Show  # imported when needed: the first frame has no dialog

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

    async def toggle_terminal(self) -> None:
        """To the full terminal and back; to the prompt where there is none."""
        box = self.query("#terminal-box")
        if box and self._in_terminal:
            self.pane.focus_command()
        elif box:
            self._show_terminal(True)
        elif not is_installed() or (walkthrough := self.lab.lesson.walkthrough) is None:
            self.notify(self.say("tui.terminal.absent", install=installed.install("terminal")))
            self.runner.prompt.focus()
        else:
            hello = self.say("tui.terminal.hello")
            pane = terminal_pane(marking_bash(walkthrough.environment, walkthrough.folder, hello))
            container = Container(pane, id="terminal-box", classes="pane")
            container.border_title = self.say("tui.terminal.title")
            await self.query_one("#right").mount(container, before=self.runner)
            self._show_terminal(True)

    def _show_terminal(self, shown: bool) -> None:
        for box in self.query("#terminal-box"):
            box.display = shown
            self.runner.display = not shown
            if shown:
                box.query_one("#terminal").focus()

    async def on_terminal_process_exited(self) -> None:
        """The shell in the full terminal has ended: the runner is back."""
        self._show_terminal(False)
        await self.query("#terminal-box").remove()
        self.pane.focus_command()

    @property
    def takes_letters(self) -> bool:
        return super().takes_letters or self._in_terminal

    @property
    def _in_terminal(self) -> bool:
        return self.focused is not None and self.focused.id == "terminal"

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Ctrl-C belongs to the terminal while that has the keys."""
        return not (self._in_terminal and action in ("interrupt", "back"))

    def action_hint(self) -> None:
        self.lab.lesson.hint()

    def action_prompt(self) -> None:
        self._show_terminal(False)
        self.set_focus(self.runner.prompt)

    def action_zoom(self) -> None:
        """The runner alone on the screen, and back."""
        self._show_terminal(False)
        self.toggle_class("-zoomed")
        if self.has_class("-zoomed"):
            # Not into the prompt: there the same key would be a letter.
            self.set_focus(self.runner.output)
        else:
            self.pane.focus_command()

    def action_back(self) -> None:
        self.remove_class("-zoomed")
        self.pane.focus_command()

    def action_interrupt(self) -> None:
        if self.lab.lesson.state.running is not None:
            self.lab.lesson.interrupt()
        elif selected := self.get_selected_text():
            self.app.copy_to_clipboard(selected)
        else:
            self.notify(self.say("tui.runner.nothing_runs"))
