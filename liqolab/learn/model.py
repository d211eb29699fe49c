"""What a walkthrough shows, as frozen plain values: a face draws these and keeps nothing else.

Times are local and aware; durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

TaskKind = Literal["state", "output"]
"""``state``: true of the clusters, may stop being so; ``output``: said by a command of the learner's, for good."""

LightState = Literal["off", "on", "dark"]
"""``dark``: it was on, and is no longer so."""

HintKind = Literal["nudge", "concept", "command"]
StepState = Literal["new", "begun", "passed"]


@dataclass(frozen=True, slots=True)
class Prose:
    """A piece of text; Markdown."""

    markdown: str


@dataclass(frozen=True, slots=True)
class Command:
    """What the learner is asked to type: one or several lines of bash, as the feature has them.

    Attributes:
        id: ``STEP.NUMBER``, the number counted from 1 within the step.
    """

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Task:
    """Something that the step asks for, in words for learners.

    Attributes:
        id: ``STEP.NUMBER``, the number counted from 1 within the step.
    """

    id: str
    text: str
    kind: TaskKind


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the lesson; `blocks` alternate between text and commands in reading order."""

    id: str
    title: str
    minutes: int
    blocks: tuple[Prose | Command, ...]
    tasks: tuple[Task, ...]

    @property
    def commands(self) -> tuple[Command, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Command))


@dataclass(frozen=True, slots=True)
class Light:
    """How a task stands.

    Attributes:
        reason: why it is not on; empty when it is, or when nobody has looked yet.
        since: when it became what it is; None for what was never on.
    """

    task: Task
    state: LightState = "off"
    reason: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepProgress:
    """How far the learner is with a step.

    Attributes:
        seconds: spent on it, idle time left out.
        hints: how many were asked for.
        solved: whether the walkthrough solved it, or part of it, for the learner.
    """

    state: StepState = "new"
    seconds: float = 0.0
    hints: int = 0
    solved: bool = False


@dataclass(frozen=True, slots=True)
class Hint:
    """One rung of the ladder; `level` counts from 1, and what it asks for grows with it."""

    level: int
    kind: HintKind
    text: str


@dataclass(frozen=True, slots=True)
class Saved:
    """A state that the learner saved by name."""

    name: str
    saved: datetime
    clusters: tuple[str, ...]
    size: int
