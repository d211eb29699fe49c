"""What the screens show of the lesson: plain values, kept by the controller, looked at by everybody."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from liqolab.learn.model import Hint, Light, Saved, StepProgress, StepView
from liqolab.learn.notices import CommandEnded


@dataclass(frozen=True, slots=True)
class Doing:
    """Something that takes a moment, in words, and since when, as `time.monotonic` counts."""

    text: str
    since: float

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self.since


@dataclass(slots=True)
class LessonState:
    """What the screens show of the lesson; changed by the lesson's controller only, in the interface's loop.

    Attributes:
        opened: whether there is a walkthrough yet.
        running: the command in the bash, if any.
        busy: what takes a moment, as the walkthrough tells it.
        asked: what it was asked for and has not answered yet, by number.
        started: when the command in the bash was, as `time.monotonic` counts.
        ended: how each command last ended.
    """

    opened: bool = False
    title: str = ""
    regions: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[StepView, ...] = ()
    current: str = ""
    running: str | None = None
    busy: Doing | None = None
    asked: dict[int, Doing] = field(default_factory=dict)
    started: float = 0.0
    lights: dict[str, tuple[Light, ...]] = field(default_factory=dict)
    progress: dict[str, StepProgress] = field(default_factory=dict)
    hints: dict[str, list[Hint]] = field(default_factory=dict)
    ended: dict[str, CommandEnded] = field(default_factory=dict)
    snapshots: tuple[Saved, ...] = ()

    @property
    def step(self) -> StepView | None:
        return next((step for step in self.steps if step.id == self.current), None)

    @property
    def tasks_done(self) -> tuple[int, int]:
        """How many tasks of the current step are done, of how many."""
        step = self.step
        lights = self.lights.get(self.current, ())
        return sum(light.state == "on" for light in lights), len(step.tasks) if step is not None else 0

    @property
    def doing(self) -> Doing | None:
        """What takes a moment: what the walkthrough says of it, else what was asked of it last."""
        return self.busy or next(reversed(self.asked.values()), None)

    @property
    def number(self) -> int:
        """The place of the current step, from 1."""
        return next((place for place, step in enumerate(self.steps, 1) if step.id == self.current), 0)
