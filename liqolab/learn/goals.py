"""The goals of the current step: judged in the background, after commands, and when asked; lights follow.

The judge has a lab of its own, and so has whoever asks about the clusters in between, since neither may wait for the
other.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from threading import Lock, RLock

from liqolab.learn.judging import Judge, Verdict, goal_failure, judge_now
from liqolab.learn.learners_bash import Ran
from liqolab.learn.lights import Lights
from liqolab.learn.reasons import reason_of
from liqolab.learn.steps import Stage
from liqolab.learn.texts import Texts
from liqolab.learn.turns import Turns
from liqolab.learn.watching import NotingLab
from liqolab.process import Completed
from liqolab.scenario.outline import Goal
from liqolab.steps.failing.failure import Failure
from liqolab.steps.failing.harmless import HarmlessFailure
from liqolab.steps.lab import Lab

_ROUND_SECONDS = 20.0
_QUIET_SECONDS = 2.0
_ROUNDS = 15


class Goals:
    """Judges one step at a time, and tells of its lights; thread-safe."""

    def __init__(self, lab: Lab, judges: NotingLab, lights: Lights, turns: Turns, texts: Texts) -> None:
        """Both labs are this object's own from here on, and closed with it."""
        self._texts = texts
        self._lab = lab
        self._looking = Lock()
        self._lights = lights
        self._turns = turns
        self._stage: Stage | None = None
        # Verdicts that answer an earlier order than the last one are about something that is no longer so.
        self._order = 0
        self._ordering = RLock()
        self._judge = Judge(judges, self._judged, texts)

    def reason(self, failure: Failure) -> str:
        """Why a check did not hold, for learners."""
        return reason_of(failure, self._texts)

    def close(self) -> None:
        # First: the process does not end before whoever waits for a round that does not come.
        self._lights.close()
        self._judge.close()
        self._lab.close()

    @contextlib.contextmanager
    def looking(self) -> Iterator[Lab]:
        """The lab that sees the clusters, for one thread at a time."""
        with self._looking:
            yield self._lab

    def judge(self, stage: Stage) -> None:
        """Judge this step from now on, as if nobody had looked at it yet."""
        with self._ordering:
            self._order += 1
            self._stage = stage
            self._lights.forget()
            self._judge.look(self._order, tuple(goal for goal in stage.outline.goals if goal.kind == "state"))

    def discard(self) -> None:
        """The clusters are taken apart and put together: what is judged until `judge` is called is worth nothing."""
        with self._ordering:
            self._order += 1

    def again(self) -> None:
        """Judge soon; does not block."""
        self._judge.again()

    def settle(self) -> None:
        """Judge as things are at this moment."""
        seen = self._lights.rounds
        self._judge.again()
        self._lights.next_round(seen, _ROUND_SECONDS)

    def check(self, stage: Stage) -> None:
        """Judge, giving clusters that are on their way a moment to get there."""
        self.settle()
        for _ in range(_ROUNDS):
            states = (light for light in self._lights.of(stage) if light.task.kind == "state")
            if self._turns.closed or all(light.state == "on" for light in states):
                break
            if not self._lights.next_round(self._lights.rounds, _QUIET_SECONDS):
                break

    def failures(self, goals: Iterable[Goal]) -> dict[str, HarmlessFailure]:
        """Why goals about the clusters do not hold at this moment, by id, with causes and evidence."""
        found = {}
        for goal in goals:
            with self.looking() as lab:
                failure = goal_failure(lab, goal) if goal.kind == "state" else None
            if failure is not None:
                found[goal.id] = failure
        return found

    def judge_output(self, stage: Stage, asked: Iterable[Goal], ran: Ran) -> bool:
        """Judge the goals about what a command printed, of which one that was reached stays so.

        Returns:
            Whether it said what one of them asks for.
        """
        on = {light.task.id for light in self._lights.of(stage) if light.state == "on"}
        verdicts, answers = [], []
        for goal in asked:
            with self.looking() as lab:
                lab.last = Completed(ran.code, ran.output)
                reasons = [reason for part in goal.sentences if (reason := judge_now(lab, part, self._texts))]
            answers.append(not reasons)
            if not reasons or goal.id not in on:
                verdicts.append(Verdict(goal.id, not reasons, reasons[0] if reasons else ""))
        self._turns.tell(*self._lights.take(stage, verdicts))
        return any(answers)

    def _judged(self, order: int, verdicts: tuple[Verdict, ...]) -> None:
        """Called in the judge's thread."""
        with self._ordering:
            if order != self._order or self._stage is None or self._turns.closed:
                return
            notices = self._lights.take(self._stage, verdicts, whole=True)
        self._turns.tell(*notices)
