"""The linear face: reads a line, does what it says, tells what came of it in lines.

Everything a walkthrough can do has a command here, of one letter or one word. Work is done in a thread, so that Ctrl-C
reaches the command that runs and not the lesson; what happens in the background is told before the next prompt, never
in the middle of a line that somebody types.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import TextIO, TypeVar

from liqolab.learn.model import Light
from liqolab.learn.notices import (
    BusyChanged,
    CommandEnded,
    CommandStarted,
    CompanyChanged,
    LightsChanged,
    Notice,
    OutputArrived,
    StepEntered,
    StepPassed,
)
from liqolab.learn.walkthrough import Walkthrough
from liqolab.plain.printing import Printer
from liqolab.plain.reading import EndOfInputError, Reader
from liqolab.plain.telling import light_lines, prose_lines, step_lines

T = TypeVar("T")

PASSED, FAILED, MISUSED = 0, 1, 2


class Left(Exception):  # noqa: N818 (no error)
    """The learner has had enough."""


class Face:
    """One walkthrough in lines.

    Attributes:
        code: what the process should exit with, as things stand.
    """

    def __init__(self, walkthrough: Walkthrough, source: TextIO, target: TextIO) -> None:
        self.walkthrough = walkthrough
        self.texts = walkthrough.texts
        self.printer = Printer(target)
        self.reader = Reader(source, self.printer, self.texts)
        self.code = PASSED
        self._told: Mapping[str, str] = {}
        self._entered = ""
        self._passed: list[str] = []
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="plain")
        self._unsubscribe = walkthrough.subscribe(self._hear)

    def close(self) -> None:
        self._unsubscribe()
        # What still runs ends with the walkthrough, whose bash is ended next.
        self._worker.shutdown(wait=False, cancel_futures=True)

    def loop(self, commands: Callable[[Face, str], None]) -> None:
        """Read and do until the learner leaves or the input ends."""
        if self.walkthrough.company:
            self.say("tui.company.here")
        self.tell_step()
        while True:
            self.tell_news()
            prompt = self.texts("plain.prompt", step=self.walkthrough.current)
            try:
                line = self.reader.line(prompt).strip()
                if line:
                    self.walkthrough.touch()
                    commands(self, line)
            except (EndOfInputError, Left):
                return
            except KeyboardInterrupt:
                # At the prompt it takes back what was typed, as in any shell.
                self.printer.line()

    def work(self, act: Callable[[], T], interrupt: Callable[[], object] | None = None) -> T:
        """Do something that may take long, in a thread; Ctrl-C interrupts what it runs, and once more ends it.

        Args:
            act: what is done.
            interrupt: how it is interrupted; None for what runs in the lesson's bash.
        """

        def stop() -> None:
            self.say("plain.interrupted")
            (interrupt or self.walkthrough.interrupt)()

        # A handler, because an exception would leave what is done alone; a thread, because it may take a while, too.
        before = signal.signal(signal.SIGINT, lambda number, frame: Thread(target=stop, daemon=True).start())
        try:
            return self._worker.submit(act).result()
        finally:
            signal.signal(signal.SIGINT, before)

    def say(self, key: str, **values: object) -> None:
        self.printer.line(self.texts(key, **values))

    def judge(self, *, well: bool) -> None:
        """Remember for the exit code how the last thing went that could go wrong."""
        if self.code != MISUSED:
            self.code = PASSED if well else FAILED

    def misused(self, key: str, **values: object) -> None:
        """A line that could not be understood; a script that has one is wrong."""
        self.say(key, **values)
        if not self.reader.interactive:
            self.code = MISUSED

    def tell_step(self, step: str | None = None) -> None:
        """The text of a step, and how its tasks stand."""
        view = self.walkthrough.step(step)
        position = [known.id for known in self.walkthrough.steps].index(view.id) + 1
        self.printer.lines(step_lines(view, position, len(self.walkthrough.steps), self.texts))
        self._entered = ""

    def tell_lights(self) -> None:
        """All tasks of the current step."""
        lights = self.walkthrough.lights()
        self.say("plain.step.tasks")
        self.printer.lines(light_lines(lights, self.texts))
        self._told = {light.task.id: light.state for light in lights}

    def tell_news(self) -> None:
        """What happened to the lights since they were told, and whether a step was entered or done."""
        if self._entered:
            self._tell_passed()
            self._told = {}
            self.tell_step()
        lights = self.walkthrough.lights()
        changed = [light for light in lights if self._is_news(light)]
        self.printer.lines(light_lines(changed, self.texts))
        self._told = {light.task.id: light.state for light in lights}
        self._tell_passed()

    def _tell_passed(self) -> None:
        passed, self._passed = self._passed, []
        for step in map(self.walkthrough.step, passed):
            if step.id == self.walkthrough.steps[-1].id:
                self.printer.lines(["", *prose_lines(self.walkthrough.ending()), ""])
                self.say("plain.finished")
            else:
                gone_on = step.id != self.walkthrough.current
                self.say("plain.step.passed_before" if gone_on else "plain.step.passed", title=step.title)

    def _is_news(self, light: Light) -> bool:
        return light.state != self._told.get(light.task.id, "off")

    def _hear(self, notice: Notice) -> None:
        match notice:
            case OutputArrived(text):
                self.printer.output(text)
            case CommandStarted(command, solving):
                if solving:
                    self.say("plain.solving", command=command)
            case CommandEnded(_, code, seconds, remark):
                if code:
                    self.say("plain.ended.failed", code=code, seconds=f"{seconds:.1f}")
                if remark:
                    self.say("plain.ended.remark", remark=remark)
            case CompanyChanged(faces):
                self.say("tui.company.here" if faces else "tui.company.left")
            case BusyChanged(text):
                if text:
                    self.printer.line(f"{text} …")
            case StepEntered(step):
                self._entered = step
            case StepPassed(step):
                self._passed.append(step)
            case LightsChanged():
                # Told before the next prompt.
                pass
