"""The lesson's text: prose and commands as they follow each other, tasks, and hints."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from liqolab.learn.model import Command
from liqolab_tui.keymap import bound
from liqolab_tui.lesson_state import LessonState
from liqolab_tui.widgets.command_block import CommandBlock
from liqolab_tui.widgets.hints import HintLadder
from liqolab_tui.widgets.lights import TaskLights
from liqolab_tui.wording import Say


class LessonPane(VerticalScroll, can_focus=True):
    """One step of the lesson, drawn from a `LessonState`."""

    DEFAULT_CSS = """
    LessonPane {
        background: $lab-background; padding: 0 2; scrollbar-size-vertical: 1;
        Markdown { background: transparent; padding: 0; margin: 0; color: $lab-text; link-color: $lab-link; }
        MarkdownBlock { color: $lab-text; }
        MarkdownParagraph { margin: 0 0 1 0; }
        MarkdownBlock > .code_inline { color: $lab-key; background: $lab-panel; }
        #opening { color: $lab-muted; margin: 1 0; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("lesson.down", "step(1)"),
        bound("lesson.up", "step(-1)"),
    ]
    HELP_TOPIC = "lesson"

    def __init__(self, say: Say, state: LessonState) -> None:
        super().__init__(id="lesson")
        self._say = say
        self._state = state

    def compose(self) -> ComposeResult:
        step = self._state.step
        if step is None:
            yield Static(self._say("tui.lesson.opening"), id="opening")
            return
        # It takes a while to import, and the first frame has no lesson in it yet.
        from textual.widgets import Markdown

        for block in step.blocks:
            if isinstance(block, Command):
                yield CommandBlock(block, self._say)
            else:
                yield Markdown(block.markdown, open_links=False)
        yield TaskLights(self._say, step.tasks, self._state.lights.get(step.id, ()))
        yield HintLadder(self._say, self._state.hints.get(step.id, []))

    def on_mount(self) -> None:
        self.show_progress()

    async def show_step(self) -> None:
        """Draw the current step anew, from its beginning."""
        await self.recompose()
        self.scroll_home(animate=False)
        self.show_progress()
        self.show_commands()

    def show_progress(self) -> None:
        """How far the learner is."""
        here = self._state.progress.get(self._state.current)
        self.set_class(here is not None and here.state == "passed", "-passed")

    def show_lights(self) -> None:
        """How the tasks stand."""
        for lights in self.query(TaskLights):
            lights.show_lights(self._state.lights.get(self._state.current, ()))

    async def show_hints(self) -> None:
        """The hints that are known."""
        for ladder in self.query(HintLadder):
            await ladder.show_hints(self._state.hints.get(self._state.current, []))
            ladder.scroll_visible(animate=False)

    def show_commands(self) -> None:
        """Which command runs, and how the others ended."""
        for block in self.query(CommandBlock):
            if block.command.text.strip() == (self._state.running or "").strip():
                block.show_running()
            else:
                block.show_ended(self._state.ended.get(block.command.text))

    def next_command(self) -> CommandBlock | None:
        """The first command that has not run well yet; in a step that is done, one that failed was meant to."""
        for block in self.query(CommandBlock):
            ended = self._state.ended.get(block.command.text)
            if ended is None or (ended.code != 0 and not self.has_class("-passed")):
                return block
        return None

    def focus_command(self) -> None:
        """Put the focus where Enter does the next thing; on the text when there is nothing left to run."""
        target: Widget = self.next_command() or self
        target.focus(scroll_visible=False)
        if isinstance(target, CommandBlock) and not self._is_at_the_very_beginning:
            target.scroll_visible(animate=False)

    @property
    def _is_at_the_very_beginning(self) -> bool:
        """What the lesson is for stands above its first command, and is to be read first."""
        return self._state.number <= 1 and not self._state.ended and self._state.running is None

    def action_step(self, by: int) -> None:
        """To the next or previous command, a few lines at a time where it is far."""
        blocks: list[Widget] = [*self.query(CommandBlock)]
        focused = self.screen.focused
        place = blocks.index(focused) + by if focused in blocks else (0 if by > 0 else len(blocks) - 1)
        region = self.scrollable_content_region
        if 0 <= place < len(blocks):
            target = blocks[place]
            top = target.region.y
            if region.y - 2 <= top < region.bottom + 2 or (focused in blocks and abs(top - region.y) < region.height):
                target.focus(scroll_visible=False)
                target.scroll_visible(animate=False)
                return
        self.scroll_relative(y=3 * by, animate=False)
