"""Small questions over a screen: yes or no, one of several, a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from liqolab_tui.keymap import worded
from liqolab_tui.wording import Say

Result = TypeVar("Result")


class Dialog(ModalScreen[Result | None]):
    """A box in the middle; Escape leaves it with nothing done."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, say: Say) -> None:
        super().__init__(classes="dialog")
        self.say = say

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        return worded(super().active_bindings, self.say)

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

    def __init__(self, say: Say, question: str, detail: str, yes: str) -> None:
        super().__init__(say)
        self._words = (question, detail, yes)

    def compose(self) -> ComposeResult:
        question, detail, yes = self._words
        with Vertical(classes="box"):
            yield Static(Content.styled(question, "bold"), classes="question")
            yield Static(Content(detail), classes="detail")
            with Horizontal(classes="answers"):
                yield Button(f"{yes} (y)", id="yes", variant="warning", compact=True)
                yield Button(f"{self.say('tui.dialog.no')} (n)", id="no", variant="default", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)

    def action_other(self) -> None:
        self.focus_next()


class Choose(Dialog[str]):
    """One of several, by arrow keys or the mouse; answers its id."""

    def __init__(self, say: Say, title: str, options: Sequence[tuple[str, Content]], at: str = "") -> None:
        super().__init__(say)
        self._title = title
        self._options = options
        self._at = at

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Content.styled(self._title, "bold"), classes="question")
            yield OptionList(*(Option(content, id=name) for name, content in self._options))
            yield Static(Content(self.say("tui.dialog.choose")), classes="detail")

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        ids = [name for name, _ in self._options]
        options.highlighted = ids.index(self._at) if self._at in ids else 0
        options.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)


class Ask(Dialog[str]):
    """A name."""

    def __init__(self, say: Say, question: str, detail: str, value: str = "") -> None:
        super().__init__(say)
        self._words = (question, detail, value)

    def compose(self) -> ComposeResult:
        question, detail, value = self._words
        with Vertical(classes="box"):
            yield Static(Content.styled(question, "bold"), classes="question")
            yield Input(value, max_length=60, compact=True)
            yield Static(Content(detail), classes="detail")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip():
            self.dismiss(event.value.strip())


class Show(Dialog[None]):
    """A text to be read; any of Escape, Enter and q leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,q", "leave", show=False)]

    def __init__(self, say: Say, title: str, text: Content) -> None:
        super().__init__(say)
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        from textual.containers import VerticalScroll

        with Vertical(classes="box"):
            yield Static(Content.styled(self._title, "bold"), classes="question")
            with VerticalScroll(classes="reading"):
                yield Static(self._text)
            yield Static(Content(self.say("tui.dialog.leave")), classes="detail")

    def on_mount(self) -> None:
        self.query_one(".reading").focus()
