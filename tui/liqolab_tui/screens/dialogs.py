"""Small questions over a screen: yes or no, one of several, a name; and a text to be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeVar

from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from liqolab_tui.keymap import worded
from liqolab_tui.wording import Say

Result = TypeVar("Result")


class Dialog(ModalScreen[Result | None]):
    """A box in the middle under a title; Escape leaves it with nothing done."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]
    FOCUS: ClassVar[str] = ""
    """Which of its parts has the focus at first."""

    def __init__(self, say: Say, title: str, detail: str) -> None:
        super().__init__(classes="dialog")
        self.say = say
        self._title = Static(Content.styled(title, "bold"), classes="question")
        self._detail = Static(Content(detail), classes="detail")

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        return worded(super().active_bindings, self.say)

    def compose(self) -> ComposeResult:
        yield Vertical(self._title, *self.parts(), self._detail, classes="box")

    def parts(self) -> Iterable[Widget]:
        """What stands between title and detail."""
        return ()

    def on_mount(self) -> None:
        self.query_one(self.FOCUS).focus()

    def action_leave(self) -> None:
        self.dismiss(None)


async def ask(app: App[Any], dialog: Dialog[Result]) -> Result | None:
    """The answer to a dialog; None when it was left. Called from a worker."""
    return await app.push_screen_wait(dialog)


class Confirm(Dialog[bool]):
    """A question that something is lost by; No has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n", "answer(False)", show=False),
        Binding("left,right", "other", show=False),
    ]
    FOCUS = "#no"

    def __init__(self, say: Say, question: str, detail: str, yes: str) -> None:
        super().__init__(say, question, detail)
        self._yes = yes

    def compose(self) -> ComposeResult:
        answers = (
            Button(f"{self._yes} (y)", id="yes", variant="warning", compact=True),
            Button(f"{self.say('tui.dialog.no')} (n)", id="no", variant="default", compact=True),
        )
        yield Vertical(self._title, self._detail, Horizontal(*answers, classes="answers"), classes="box")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)

    def action_other(self) -> None:
        self.focus_next()


class Choose(Dialog[str]):
    """One of several, by arrow keys or the mouse; answers its id."""

    FOCUS = "OptionList"

    def __init__(self, say: Say, title: str, options: Sequence[tuple[str, Content]], at: str = "") -> None:
        super().__init__(say, title, say("tui.dialog.choose"))
        self._options = options
        self._at = at

    def parts(self) -> Iterable[Widget]:
        yield OptionList(*(Option(content, id=name) for name, content in self._options))

    def on_mount(self) -> None:
        ids = [name for name, _ in self._options]
        self.query_one(OptionList).highlighted = ids.index(self._at) if self._at in ids else 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)


class Ask(Dialog[str]):
    """A name."""

    FOCUS = "Input"

    def __init__(self, say: Say, question: str, detail: str, value: str = "") -> None:
        super().__init__(say, question, detail)
        self._value = value

    def parts(self) -> Iterable[Widget]:
        yield Input(self._value, max_length=60, compact=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(event.value.strip())


class Show(Dialog[None]):
    """A text to be read; any of Escape, Enter and q leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,q", "leave", show=False)]
    FOCUS = ".reading"

    def __init__(self, say: Say, title: str, text: Content) -> None:
        super().__init__(say, title, say("tui.dialog.leave"))
        self._text = text

    def parts(self) -> Iterable[Widget]:
        yield VerticalScroll(Static(self._text), classes="reading")
