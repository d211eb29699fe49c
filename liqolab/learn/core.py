"""The moving parts of a walkthrough: what it consists of, how one thing at a time is done, how steps change.

`Walkthrough` is this with what faces may ask of it.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from threading import Lock, RLock

from liqolab.learn.clock import Clock
from liqolab.learn.journal import Journal
from liqolab.learn.judging import Judge, Verdict, judge_now
from liqolab.learn.learners_bash import LearnersBash, Ran
from liqolab.learn.lights import Lights
from liqolab.learn.model import Light, StepView
from liqolab.learn.notices import (
    BusyChanged,
    CommandEnded,
    CommandStarted,
    Listener,
    Notice,
    OutputArrived,
    ProgressChanged,
    StepEntered,
)
from liqolab.learn.progress import Progress
from liqolab.learn.solving import Solver
from liqolab.learn.step_starts import Places, Shelf
from liqolab.learn.steps import Stage, stages
from liqolab.learn.teaching import Lectern
from liqolab.learn.texts import Texts
from liqolab.learn.watching import NotingLab
from liqolab.playground.home import Playground
from liqolab.process import Completed
from liqolab.scenario.bash_state import BashState
from liqolab.scenario.lesson import Lesson
from liqolab.scenario.session import kubeconfigs, lay_out, open_lab, open_lab_as

_OF_THE_DISK = frozenset([errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOENT])

_NOTED = 4000
"""Characters of a command that the journal keeps."""


class WalkthroughError(Exception):
    """What was asked for cannot be done now; the text says why, `hint` what to do instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class WalkthroughCore:
    """One lesson in one playground, for `Walkthrough` alone."""

    def __init__(self, playground: Playground, lesson: Lesson, language: str = "en") -> None:
        """Lay out the lesson's folder and go on where the journal ends.

        Raises:
            PlaygroundError: the folder cannot be written.
            LessonError: the lesson contradicts itself.
        """
        self.lesson, self.playground, self.language = lesson, playground, language
        self.texts = Texts(language)
        self._stages = {stage.id: stage for stage in stages(lesson)}
        self.steps: tuple[StepView, ...] = tuple(stage.view for stage in self._stages.values())
        self._order = [view.id for view in self.steps]
        shell = lay_out(playground, lesson)
        self.folder = shell.folder
        # It looks at the clusters for faces; the judge has one of its own, since neither may wait for the other.
        self._lab = open_lab(playground, lesson)
        self._looking = Lock()
        memory = playground.root / "learn" / lesson.name
        self._journal = Journal(memory / "journal.jsonl")
        self._progress = Progress()
        self._progress.catch_up(self._journal)
        self._lights = Lights(self._journal, self._progress)
        self._bash = LearnersBash(shell.environment, self.folder, memory / "bash.json")
        self._lectern = Lectern(lesson, list(self._stages.values()), self.folder, self.texts)
        self._places, self._shelf = Places(playground, lesson), Shelf(playground)
        self._clock = Clock()
        self._listeners: list[Listener] = []
        self._acting, self._state = Lock(), RLock()
        self._stopping = self._closed = False
        self._turn = 0
        self._moves = self._progress.moves
        self._current = self._progress.current if self._progress.current in self._stages else ""
        self.resumed = bool(self._current)
        self._judge = Judge(open_lab_as(NotingLab, playground, lesson), self._judged)
        self._journal.on_news(self._read_news)
        if not self._current:
            self._enter(self._order[0])
        self._look()

    @property
    def current(self) -> str:
        """Id of the current step."""
        return self._current

    def kubeconfigs(self) -> Mapping[str, Path]:
        """The clusters that exist now; those of the lesson first, in its order. Cheap enough to ask often."""
        return kubeconfigs(self.playground, self.lesson)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell `listener` everything from now on; the answer ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        """End the bash and all threads; the clusters stay."""
        if self._closed:
            return
        self._closed = True
        self._stopping = True
        # How long the last minute was is no reason to leave anything behind.
        with contextlib.suppress(WalkthroughError):
            self._spend()
        self._bash.close()
        self._judge.close()
        self._journal.close()
        self._lab.close()

    def _stage(self, step: str | None) -> Stage:
        return self._stages[step or self._current]

    def _states(self, stage: Stage) -> Iterator[Light]:
        return (light for light in self._lights.of(stage) if light.task.kind == "state")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._acting.acquire(blocking=False):
            raise WalkthroughError(self.texts("error.busy"), self.texts("error.busy_hint"))
        self._stopping = False
        try:
            with self._telling_of_the_disk():
                yield
        finally:
            self._acting.release()
        self._follow()

    @contextlib.contextmanager
    def _telling_of_the_disk(self) -> Iterator[None]:
        """A disk that is full, or a folder that is gone, ends what was being done and nothing else."""
        try:
            yield
        except OSError as error:
            if error.errno not in _OF_THE_DISK:
                raise
            reason = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
            raise WalkthroughError(self.texts("error.disk", reason=reason), self.texts("error.disk_hint")) from None

    @contextlib.contextmanager
    def _busy(self, key: str) -> Iterator[None]:
        self._tell([BusyChanged(self.texts(key))])
        try:
            yield
        finally:
            self._tell([BusyChanged(None)])

    @contextlib.contextmanager
    def _unjudged(self) -> Iterator[None]:
        """The clusters are taken apart and put together: what is judged meanwhile is worth nothing."""
        with self._state:
            self._turn += 1
        yield

    def _tell(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            for listener in tuple(self._listeners):
                listener(notice)

    def _note(self, event: str, *, lasting: bool = False, **values: object) -> None:
        with self._state, self._telling_of_the_disk():
            self._journal.write(event, lasting=lasting, **values)
            self._progress.catch_up(self._journal)

    def _type(self, text: str, timeout: float | None, *, solving: bool = False) -> tuple[Ran, CommandEnded]:
        self._clock.touch()
        self._tell([CommandStarted(text, solving)])
        ran = self._bash.run(text, self._heard, timeout)
        stage = self._stage(None)
        remark = "" if solving else self._remark(stage, ran)
        if not self._closed:
            self._note(
                "command",
                step=stage.id,
                text=text[:_NOTED],
                code=ran.code,
                seconds=round(ran.seconds, 3),
                cluster=self._lectern.cluster(ran),
                done=self._lectern.done(stage, ran),
                solving=solving,
            )
            self._spend()
        return ran, CommandEnded(text, ran.code, ran.seconds, remark)

    def _remark(self, stage: Stage, ran: Ran) -> str:
        if ran.wanted_screen:
            command = f"liqolab shell {self.lesson.name} --playground {self.playground.name}"
            return self.texts("remark.screen", command=command)
        return self._lectern.remark(stage, ran)

    def _heard(self, text: str) -> None:
        self._tell([OutputArrived(text)])
        # A script that prints as it goes changes the clusters as it goes.
        self._judge.again()

    def _judge_output(self, ran: Ran) -> None:
        """The goals about what a command printed, where this is such a command."""
        stage = self._stage(None)
        verdicts = []
        for goal in stage.outline.goals:
            if goal.kind == "output" and self._lectern.answers(stage, goal, ran):
                with self._looking:
                    self._lab.last = Completed(ran.code, ran.output)
                    reasons = [reason for part in goal.sentences if (reason := judge_now(self._lab, part))]
                if not reasons or self._light_state(stage, goal.id) != "on":
                    verdicts.append(Verdict(goal.id, not reasons, reasons[0] if reasons else ""))
        self._tell(self._lights.take(stage, verdicts))

    def _light_state(self, stage: Stage, task: str) -> str:
        return next(light.state for light in self._lights.of(stage) if light.task.id == task)

    def _judged(self, turn: int, verdicts: tuple[Verdict, ...]) -> None:
        """Called in the judge's thread."""
        with self._state:
            if turn != self._turn or self._closed:
                return
            notices = self._lights.take(self._stage(None), verdicts, whole=True)
        self._tell(notices)

    def _look(self) -> None:
        """Have the current step's goals judged from now on."""
        with self._state:
            self._turn += 1
            goals = tuple(goal for goal in self._stage(None).outline.goals if goal.kind == "state")
            self._judge.look(self._turn, goals)

    def _solver(self, stage: Stage) -> Solver:
        done = self._progress.step(stage.id).done
        on = {light.task.id for light in self._lights.of(stage) if light.state == "on"}
        return Solver(stage, done, on)

    def _solve(self, stage: Stage) -> bool:
        self._note("solved", step=stage.id)
        for attempt in range(2):
            if attempt:
                # What the learner had done is in the way of the lesson's own commands: from the beginning, then.
                self._begin_anew(stage.id)
            verdicts = self._solver(stage).play(self._lab, self._looking, self._type_for_solver, lambda: self._stopping)
            self._tell([*self._lights.take(stage, verdicts), ProgressChanged()])
            if self._lights.done(stage):
                return True
            if self._stopping or not self._places.has(stage.id):
                return False
        return False

    def _type_for_solver(self, text: str, timeout: float) -> Completed:
        ran, ended = self._type(text, timeout, solving=True)
        self._tell([ended])
        return Completed(ran.code, ran.output, ran.timed_out)

    def _begin_anew(self, step: str) -> None:
        """Go back to how a step began, or the nearest one before it of which that is kept."""
        earlier = self._order[: self._order.index(step) + 1]
        step = next((name for name in reversed(earlier) if self._places.has(name)), self._order[0])
        later = self._order[self._order.index(step) + 1 :]
        with self._busy("busy.restoring"), self._unjudged():
            self._spend()
            if self._places.has(step):
                bash = self._places.restore(step)
            else:
                self._places.clear()
                bash = BashState()
            self._bash.become(bash)
            lay_out(self.playground, self.lesson)
            self._places.forget(later)
            self._note("began_anew", lasting=True, step=step, later=later)
        if not self._places.has(step):
            self._places.keep(step, bash)
        self._note("entered", lasting=True, step=step)
        self._arrive(step)

    def _enter(self, step: str) -> None:
        """Keep how the step begins, and make it the current one."""
        with self._busy("busy.saving"):
            self._spend()
            self._places.keep(step, self._bash.state)
        self._note("entered", lasting=True, step=step)
        self._arrive(step)

    def _arrive(self, step: str) -> None:
        with self._state:
            self._current = step
            self._moves = self._progress.moves
            self._lights.forget()
            self._look()
        self._tell([StepEntered(step), ProgressChanged()])

    def _read_news(self) -> None:
        """Another face has written something; called in the journal's thread."""
        with self._state:
            self._progress.catch_up(self._journal)
        self._follow()
        self._tell([ProgressChanged()])
        self._judge.again()

    def _follow(self) -> None:
        """Go where another face has gone, unless something is being done here; its end then comes back to this."""
        if self._progress.moves == self._moves or self._closed or not self._acting.acquire(blocking=False):
            return
        try:
            self._bash.reload()
            self._arrive(self._progress.current)
        finally:
            self._acting.release()

    def _spend(self) -> None:
        seconds = self._clock.take()
        if self._current and seconds > 0.05:
            self._note("spent", step=self._current, seconds=round(seconds, 1))
