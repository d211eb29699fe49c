"""What the screens show of the lesson: plain values, kept by the controller, looked at by everybody."""

from __future__ import annotations

from dataclasses import dataclass, field

from liqolab.learn.model import Hint, Light, Saved, StepProgress, StepView
from liqolab.learn.notices import CommandEnded


@dataclass(slots=True)
class LessonState:
    """What the screens show of the lesson; changed by the lesson's controller only, in the interface's loop.

    Attributes:
        opened: whether there is a walkthrough yet.
        running: the command in the bash, if any.
        busy: what takes a moment, in words.
        ended: how each command last ended.
    """

    opened: bool = False
    title: str = ""
    steps: tuple[StepView, ...] = ()
    current: str = ""
    running: str | None = None
    busy: str | None = None
    lights: dict[str, tuple[Light, ...]] = field(default_factory=dict)
    progress: dict[str, StepProgress] = field(default_factory=dict)
    hints: dict[str, list[Hint]] = field(default_factory=dict)
    ended: dict[str, CommandEnded] = field(default_factory=dict)
    snapshots: tuple[Saved, ...] = ()

    @property
    def step(self) -> StepView | None:
        return next((step for step in self.steps if step.id == self.current), None)

    @property
    def number(self) -> int:
        """The place of the current step, from 1."""
        return next((place for place, step in enumerate(self.steps, 1) if step.id == self.current), 0)
