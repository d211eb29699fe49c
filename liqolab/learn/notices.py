"""What a walkthrough tells its listeners, as frozen values.

Notices come from whichever thread made them happen. A listener must return at once and must not call back into the
walkthrough; a face hands them to its own loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from liqolab.learn.model import Light


@dataclass(frozen=True, slots=True)
class CommandStarted:
    """A command went into the bash; `solving`: typed by the walkthrough and not by the learner."""

    command: str
    solving: bool = False


@dataclass(frozen=True, slots=True)
class OutputArrived:
    """A piece of what the running command prints; not necessarily whole lines."""

    text: str


@dataclass(frozen=True, slots=True)
class CommandEnded:
    """A command is over.

    Attributes:
        code: exit code; 130 when interrupted.
        remark: what a kind teacher would say about it; empty for nothing.
        asked_for: whether it ended, and said, as a task of the step has it, be that a failure.
    """

    command: str
    code: int
    seconds: float
    remark: str = ""
    asked_for: bool = False


@dataclass(frozen=True, slots=True)
class LightsChanged:
    """Lights of the current step; all of them, changed or not."""

    step: str
    lights: tuple[Light, ...]


@dataclass(frozen=True, slots=True)
class StepEntered:
    """This is the current step now."""

    step: str


@dataclass(frozen=True, slots=True)
class StepPassed:
    """All tasks of the step are done; told once, until the step is reset."""

    step: str


@dataclass(frozen=True, slots=True)
class BusyChanged:
    """Something that takes a moment began (a text for people) or is over (None)."""

    text: str | None


@dataclass(frozen=True, slots=True)
class ProgressChanged:
    """`progress` of some step answers differently now."""


@dataclass(frozen=True, slots=True)
class CompanyChanged:
    """So many other faces have the same lesson of the same playground open now."""

    faces: int


Notice = (
    CommandStarted
    | OutputArrived
    | CommandEnded
    | LightsChanged
    | StepEntered
    | StepPassed
    | BusyChanged
    | ProgressChanged
    | CompanyChanged
)
Listener = Callable[[Notice], None]
