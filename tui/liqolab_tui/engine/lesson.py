"""Drives one walkthrough for the interface: threads that call it, and a state that screens may look at.

A walkthrough's methods block, so they are called by two threads of this module's own: one for what takes the bash or
the clusters (it does one thing after the other), one for what must not wait for that (hints, checks, an interrupt).
What comes of it arrives as news in the interface's loop, where `LessonState` is kept: screens read it and never wait.
"""

from __future__ import annotations

import importlib
import itertools
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from liqolab.learn.notices import (
    BusyChanged,
    CommandEnded,
    CommandStarted,
    LightsChanged,
    OutputArrived,
    ProgressChanged,
    StepEntered,
    StepPassed,
)
from liqolab_tui.engine.contracts import Walkthrough
from liqolab_tui.engine.outlet import Outlet
from liqolab_tui.lesson_state import Doing, LessonState
from liqolab_tui.messages import (
    Checked,
    Completed,
    HintGiven,
    LessonOpened,
    OutputGrew,
    SnapshotsChanged,
    Told,
    WorkBegan,
    WorkEnded,
)
from liqolab_tui.transcript import Transcript


class LessonController:
    """Owns the walkthrough of this session."""

    def __init__(self, open: Callable[[], Walkthrough], outlet: Outlet) -> None:
        """`open` is called in a thread, since it imports and writes."""
        self.state = LessonState()
        self.transcript = Transcript()
        self.walkthrough: Walkthrough | None = None
        self._open = open
        self._outlet = outlet
        self._hands = ThreadPoolExecutor(1, "lesson")
        self._aside = ThreadPoolExecutor(4, "lesson-aside")
        self._closed = False
        self._growing = False
        self._numbers = itertools.count()

    def start(self) -> None:
        """Open the walkthrough; `LessonOpened` is the news when it is there."""
        self._do(self._hands, self._begin, "tui.fault.open")

    def _begin(self) -> None:
        # What the lesson's text is drawn with is imported here as well, and not while a person waits for a key.
        importlib.import_module("textual.widgets.markdown")
        walkthrough = self._open()
        walkthrough.subscribe(self._listen)
        self.walkthrough = walkthrough
        self._outlet.post(LessonOpened())

    # What a person asks for -------------------------------------------------------------------------------------

    def run(self, text: str) -> bool:
        """Type a command into the bash; False when one runs already."""
        if self.state.running is not None or self.state.busy is not None or self.walkthrough is None:
            return False
        self.state.running = text
        self._ask(lambda walkthrough: walkthrough.run(text), "tui.fault.run")
        return True

    def complete(self, line: str) -> None:
        """Ask the bash how a line could go on; `Completed` is the news when it has said so."""

        def ask(walkthrough: Walkthrough) -> None:
            self._outlet.post(Completed(line, walkthrough.complete(line)))

        if self.state.running is None:
            # In turn: a command that is submitted meanwhile comes after it.
            self._ask(ask, "tui.fault.run")

    def interrupt(self) -> None:
        self._ask(lambda walkthrough: walkthrough.interrupt(), "tui.fault.run", aside=True)

    def check(self, *, told: bool = False) -> None:
        """Judge the tasks; `told`: somebody wants to hear how they stand."""

        def ask(walkthrough: Walkthrough) -> None:
            lights = walkthrough.check()
            if told:
                self._outlet.post(Checked(lights))

        self._ask(ask, "tui.fault.check", aside=True, doing="tui.busy.check" if told else "")

    def tick(self) -> None:
        """Time has passed: look at the current step's clock."""
        if self.walkthrough is not None and not self._closed and self.state.current:
            self.state.progress[self.state.current] = self.walkthrough.progress(self.state.current)

    def hint(self) -> None:
        def ask(walkthrough: Walkthrough) -> None:
            step = walkthrough.current
            found = walkthrough.hint()
            known = self.state.hints.setdefault(step, [])
            further = found not in known
            if further:
                known.append(found)
            self._outlet.post(HintGiven(further))

        self._ask(ask, "tui.fault.hint", aside=True, doing="tui.busy.hint")

    def solve(self) -> None:
        self._ask(lambda walkthrough: walkthrough.solve(), "tui.fault.solve", doing="tui.busy.solve")

    def reset(self) -> None:
        self._ask(lambda walkthrough: walkthrough.reset(), "tui.fault.reset", doing="tui.busy.reset")

    def go_to(self, step: str) -> None:
        self._ask(lambda walkthrough: walkthrough.go_to(step), "tui.fault.go", doing="tui.busy.go")

    def next(self) -> None:
        self._ask(lambda walkthrough: walkthrough.next(), "tui.fault.go", doing="tui.busy.go")

    def previous(self) -> None:
        self._ask(lambda walkthrough: walkthrough.previous(), "tui.fault.go", doing="tui.busy.go")

    def reopen(self) -> None:
        """Open the lesson anew, in the language of the moment; where it stands is in its journal."""

        def reopen(walkthrough: Walkthrough) -> None:
            walkthrough.close()
            self._begin()

        self._ask(reopen, "tui.fault.open", doing="tui.busy.open")

    def touch(self) -> None:
        """A key or a click: the person is there."""
        if self.walkthrough is not None and not self._closed:
            self.walkthrough.touch()

    def clusters_changed(self) -> None:
        if self.walkthrough is not None and not self._closed:
            self.walkthrough.clusters_changed()

    def list_snapshots(self) -> None:
        def ask(walkthrough: Walkthrough) -> None:
            self.state.snapshots = walkthrough.snapshots()
            self._outlet.post(SnapshotsChanged())

        self._ask(ask, "tui.fault.snapshot", aside=True)

    def save_snapshot(self, name: str) -> None:
        self._ask(lambda walkthrough: walkthrough.save_snapshot(name), "tui.fault.snapshot", doing="tui.busy.save")
        self._hands.submit(self.list_snapshots)

    def restore_snapshot(self, name: str) -> None:
        def restore(walkthrough: Walkthrough) -> None:
            walkthrough.restore_snapshot(name)
            self._outlet.post(Told(self._outlet.say("tui.snapshots.restored", name=name)))

        self._ask(restore, "tui.fault.snapshot", doing="tui.busy.restore")

    def delete_snapshot(self, name: str) -> None:
        self._ask(lambda walkthrough: walkthrough.delete_snapshot(name), "tui.fault.snapshot")
        self._hands.submit(self.list_snapshots)

    # What comes back --------------------------------------------------------------------------------------------

    def take(self, value: object) -> None:
        """Bring the state up to date with news; called in the interface's loop, before any screen sees it."""
        state = self.state
        match value:
            case LessonOpened():
                self._take_all()
            case OutputGrew():
                self._growing = False
            case CommandStarted(command=command):
                state.running, state.started = command, time.monotonic()
            case CommandEnded(command=command):
                state.running = None
                state.ended[command] = value
            case LightsChanged(step=step, lights=lights):
                state.lights[step] = lights
            case StepEntered(step=step):
                # The same command may be part of several steps; how it ended in another one says nothing here.
                if step != state.current:
                    state.ended.clear()
                state.current = step
                self._take_progress()
            case StepPassed() | ProgressChanged():
                self._take_progress()
            case BusyChanged(text=text):
                state.busy = Doing(text, time.monotonic()) if text is not None else None
            case WorkBegan(number=number, text=text):
                state.asked[number] = Doing(text, time.monotonic())
            case WorkEnded(number=number):
                state.asked.pop(number, None)

    def _take_all(self) -> None:
        if (walkthrough := self.walkthrough) is None:
            return
        self.state.opened = True
        self.state.title = walkthrough.lesson.title
        self.state.regions = walkthrough.lesson.regions
        self.state.steps = walkthrough.steps
        self.state.current = walkthrough.current
        for step in walkthrough.steps:
            self.state.lights[step.id] = walkthrough.lights(step.id)
        self._take_progress()

    def _take_progress(self) -> None:
        if (walkthrough := self.walkthrough) is not None:
            for step in walkthrough.steps:
                self.state.progress[step.id] = walkthrough.progress(step.id)

    def _listen(self, notice: object) -> None:
        """Called by the walkthrough, in any thread."""
        match notice:
            case OutputArrived(text=text):
                self.transcript.write(text)
                self._grew()
                return
            case CommandStarted(command=command):
                self.transcript.note("command", command)
            case CommandEnded(code=code, seconds=seconds, remark=remark):
                key = "tui.runner.ended" if code == 0 else "tui.runner.failed"
                told = self._outlet.say(key, code=code, seconds=f"{seconds:.1f}")
                self.transcript.note("passed" if code == 0 else "failed", told)
                if remark:
                    self.transcript.note("remark", remark)
        self._outlet.post(notice)
        self._grew()

    def _grew(self) -> None:
        """Tell once until it was looked at, however much comes."""
        if not self._growing:
            self._growing = True
            self._outlet.post(OutputGrew())

    # Threads ----------------------------------------------------------------------------------------------------

    def _ask(
        self, question: Callable[[Walkthrough], object], key: str, *, aside: bool = False, doing: str = ""
    ) -> None:
        """`doing` is the key of what is said while there is no answer."""
        number = next(self._numbers)
        if doing and not self._closed:
            self._outlet.post(WorkBegan(number, self._outlet.say(doing)))

        def answer() -> None:
            try:
                if self.walkthrough is not None:
                    question(self.walkthrough)
            finally:
                if doing:
                    self._outlet.post(WorkEnded(number))

        self._do(self._aside if aside else self._hands, answer, key)

    def _do(self, hand: ThreadPoolExecutor, work: Callable[[], None], key: str) -> None:
        def done(future: Future[None]) -> None:
            if future.cancelled() or (error := future.exception()) is None:
                return
            self.state.running = None
            if not self._closed:
                self._outlet.post(self._outlet.fault(error, key))

        if not self._closed:
            hand.submit(work).add_done_callback(done)

    def close(self) -> None:
        """Interrupt what runs, end the bash and the threads; the clusters stay. Blocks until that is so."""
        self._closed = True
        self._aside.shutdown(wait=False, cancel_futures=True)
        self._hands.shutdown(wait=False, cancel_futures=True)
        if self.walkthrough is not None:
            self.walkthrough.interrupt()
            self.walkthrough.close()
