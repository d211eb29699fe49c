"""The lights of the current step: on once they were true, dark once they are not any more, and kept in the journal."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Condition

from liqolab.learn.journal import Journal
from liqolab.learn.judging import Verdict
from liqolab.learn.model import Light
from liqolab.learn.notices import LightsChanged, Notice, ProgressChanged, StepPassed
from liqolab.learn.progress import Progress
from liqolab.learn.steps import Stage


class Lights:
    """Takes verdicts in, and says what changed by them; thread-safe.

    Attributes:
        rounds: how often all state goals were judged, for those who wait for the next time.
    """

    def __init__(self, journal: Journal, progress: Progress) -> None:
        self._journal = journal
        self._progress = progress
        self._reasons: dict[str, str] = {}
        self._waiting = Condition()
        self.rounds = 0
        self._closed = False

    def of(self, stage: Stage) -> tuple[Light, ...]:
        """How the tasks of a step stand."""
        known = self._progress.step(stage.id).lights
        lights = []
        for task in stage.view.tasks:
            record = known.get(task.id)
            if record is None:
                lights.append(Light(task, reason=self._reasons.get(task.id, "")))
            else:
                reason = "" if record.state == "on" else self._reasons.get(task.id, record.reason)
                lights.append(Light(task, record.state, reason, record.since))
        return tuple(lights)

    def done(self, stage: Stage) -> bool:
        return all(light.state == "on" for light in self.of(stage))

    def take(self, stage: Stage, verdicts: Iterable[Verdict], *, whole: bool = False) -> list[Notice]:
        """Note verdicts down; what is to be told of it.

        Args:
            stage: the step that they are about.
            verdicts: any number of them.
            whole: whether all state goals were judged.
        """
        with self._waiting:
            before = self.of(stage)
            for verdict in verdicts:
                self._note(stage, verdict)
            self._progress.catch_up(self._journal)
            notices: list[Notice] = []
            lights = self.of(stage)
            if lights != before:
                notices.append(LightsChanged(stage.id, lights))
            if self._progress.step(stage.id).state != "passed" and all(light.state == "on" for light in lights):
                self._journal.write("passed", lasting=True, step=stage.id)
                self._progress.catch_up(self._journal)
                notices += [StepPassed(stage.id), ProgressChanged()]
            if whole:
                self.rounds += 1
            self._waiting.notify_all()
        return notices

    def forget(self) -> None:
        """Another step begins, or this one again."""
        self._reasons = {}

    def next_round(self, seen: int, seconds: float) -> bool:
        """Wait until there is a round after `seen`; False when there was none in time, or there will be none."""
        with self._waiting:
            return self._waiting.wait_for(lambda: self.rounds > seen or self._closed, seconds) and not self._closed

    def close(self) -> None:
        """Nobody judges any more: who waits for a round is let go."""
        with self._waiting:
            self._closed = True
            self._waiting.notify_all()

    def _note(self, stage: Stage, verdict: Verdict) -> None:
        record = self._progress.step(stage.id).lights.get(verdict.goal)
        was_on = record is not None and record.state == "on"
        self._reasons[verdict.goal] = "" if verdict.holds else verdict.reason
        if verdict.holds and not was_on:
            self._journal.write("light", step=stage.id, task=verdict.goal, state="on")
        elif was_on and not verdict.holds:
            self._journal.write("light", step=stage.id, task=verdict.goal, state="dark", reason=verdict.reason)
