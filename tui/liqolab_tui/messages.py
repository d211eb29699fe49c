"""What is told within the interface: news from the engine to the screens, and wishes of widgets to their screens.

Messages are past-tense nouns. Those that replace each other in a flood say so in `can_replace`, so that a screen that
draws slowly sees the newest and not all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from textual.message import Message

from liqolab.atlas.deviation import Deviation
from liqolab.atlas.world import World
from liqolab.learn.completing import Completion
from liqolab.learn.model import Light
from liqolab_tui.reference import Reference

Aspect = Literal["summary", "yaml", "events", "logs", "why"]
"""A side of an object that can be looked at."""


@dataclass(frozen=True, slots=True)
class LessonOpened:
    """The walkthrough is there: its steps can be shown."""


@dataclass(frozen=True, slots=True)
class Completed:
    """The bash has said how a line could go on."""

    line: str
    completion: Completion


@dataclass(frozen=True, slots=True)
class OutputGrew:
    """There is something new in the transcript."""


@dataclass(frozen=True, slots=True)
class HintGiven:
    """The ladder of the current step has a rung more, or no further one."""

    further: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """Somebody asked how the tasks stand, and this is how."""

    lights: tuple[Light, ...]


@dataclass(frozen=True, slots=True)
class WorkBegan:
    """Something was asked for that may take a moment, in words."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class WorkEnded:
    """That was answered."""

    number: int


@dataclass(frozen=True, slots=True)
class WorldChanged:
    """The clusters look like this now; `goal` is what the current step leads to, where that is known."""

    world: World
    goal: World | None
    deviations: tuple[Deviation, ...]


@dataclass(frozen=True, slots=True)
class Faulted:
    """Something went wrong: what, why, and what to do next; `log` is the file with the details, if there is one."""

    what: str
    why: str
    next: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class AppearanceChanged:
    """Everything is in another language or in other colours from now on."""


@dataclass(frozen=True, slots=True)
class Told:
    """A message for the person that is no fault."""

    text: str


@dataclass(frozen=True, slots=True)
class SnapshotsChanged:
    """A state was saved, brought back or forgotten."""


@dataclass(frozen=True, slots=True)
class RunAdvanced:
    """The acceptance run came further."""


@dataclass
class News(Message):
    """Something that happened outside of the interface: a notice of the walkthrough's, or one of the values above."""

    value: object

    def can_replace(self, message: Message) -> bool:
        """The newest state replaces one that nobody has looked at yet."""
        kind = type(self.value)
        return (
            kind in (WorldChanged, OutputGrew, RunAdvanced)
            and isinstance(message, News)
            and type(message.value) is kind
        )


@dataclass
class CommandChosen(Message):
    """A command of the lesson was chosen to be run, typed without running, or copied."""

    text: str
    how: Literal["run", "edit", "copy"]


@dataclass
class CompletionWanted(Message):
    """A person has pressed Tab at the end of this line."""

    line: str


@dataclass
class CommandSubmitted(Message):
    """A person typed a command of their own."""

    text: str


@dataclass
class OutputResized(Message):
    """The log of output has another width."""


@dataclass
class PasteShortened(Message):
    """More was pasted than a prompt takes."""

    kept: int
    given: int


@dataclass
class ThingChosen(Message):
    """Something on a map or in a table was pointed at; `opened` when it was asked for and not only passed."""

    target: Reference
    opened: bool = False


@dataclass
class AspectWanted(Message):
    """A side of an object is to be shown."""

    target: Reference
    aspect: Aspect


@dataclass
class TerminalCommandEnded(Message):
    """A command in the full terminal is over."""

    code: int
