"""Fills in a record while scenarios run: what the headless runner and the pytest plugin share.

A `Recording` is one scenario's. Its record is the plan from the beginning, so whoever stops in the middle still has a
true one. What comes from clusters and commands is made harmless here (no secrets, nothing that a terminal obeys, not
too long), before it can reach a worker's pipe or a file.
"""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from liqolab import __version__
from liqolab.atlas.world import World
from liqolab.report.harmless import harmless
from liqolab.report.record import Argument, Attachment, HookRecord, Match, RunRecord, ScenarioRecord, Status, StepRecord
from liqolab.steps.execute import misfits
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.harmless import harmless as harmless_failure
from liqolab.steps.failing.redaction import NOTHING_SAID, Presentable, presentable
from liqolab.steps.failing.text import failure_text
from liqolab.steps.lab import Lab
from liqolab.steps.quoting import quoted
from liqolab.steps.registry import AmbiguousStepError, Registry, Step, UndefinedStepError
from liqolab.steps.suggestions import look_up
from liqolab.steps.text import StepText

_NAME = re.compile(r"\{(\w+)")


def begin_run(
    runner: str, title: str = "", *, provider: str = "", versions: Mapping[str, str] | None = None
) -> RunRecord:
    """The record of a run that begins now; `versions` of what takes part besides liqolab and Python."""
    return RunRecord(
        started=time.time(),
        runner=runner,
        title=title,
        versions={"liqolab": __version__, "Python": platform.python_version(), **(versions or {})},
        system=f"{platform.system()} {platform.release()}",
        machine=platform.machine(),
        provider=provider,
    )


def end_run(record: RunRecord) -> None:
    """The run ended, in whatever way."""
    record.seconds = time.time() - record.started


class Recording:
    """Notes down one scenario as it runs.

    A runner calls `begin`, then `step_started` and `step_ended` for each step that it runs, in order, and `end`. Steps
    that it never starts stay ``skipped``.
    """

    def __init__(
        self,
        scenario: ScenarioRecord,
        lab: Lab | None = None,
        *,
        worker: str = "",
        look: Callable[[], World] | None = None,
    ) -> None:
        """Record into `scenario`.

        Args:
            scenario: the plan; is filled in.
            lab: where the steps run; what a step's command printed is attached to the step.
            worker: name of this process among several.
            look: sees how the clusters are; None where nobody wants any.
        """
        self.scenario = scenario
        self._lab = lab
        self._look = look
        self._started = 0.0
        self._step_started = 0.0
        self._said: object = None
        scenario.worker = worker

    def begin(self, seen: World | None = None) -> None:
        """The scenario begins: take the first frame (unless `seen` is one that still holds), then the time."""
        self.scenario.before = seen or self._take()
        self.scenario.started = time.time()
        self._started = time.monotonic()

    def end(self) -> None:
        """The scenario ended, cleanup included."""
        if self._started:
            self._look_back()
            self.scenario.seconds = time.monotonic() - self._started

    def step_started(self, step: StepRecord) -> None:
        """A step begins."""
        step.started = time.time()
        self._step_started = time.monotonic()
        self._said = self._lab.last if self._lab is not None else None

    def step_ended(self, step: StepRecord, outcome: BaseException | Status | None = None) -> None:
        """A step ended: well, with what it raised, or with a status that the runner knows of."""
        step.seconds = time.monotonic() - self._step_started
        if isinstance(outcome, str):
            step.status = outcome
        else:
            step.status, step.message = judged(outcome)
        if isinstance(outcome, CheckFailedError):
            step.failure = harmless_failure(outcome.failure)
        self._attach_output(step)

    @contextmanager
    def hook(self, name: str, when: Literal["before", "after"]) -> Iterator[HookRecord]:
        """Note down what is done around the steps; what it raises is noted and goes on its way."""
        if when == "after":
            self._look_back()
        hook = HookRecord(name, when, started=time.time())
        self.scenario.hooks.append(hook)
        started = time.monotonic()
        try:
            yield hook
        except BaseException as error:
            hook.status, hook.message = judged(error)
            raise
        finally:
            hook.seconds = time.monotonic() - started

    def _look_back(self) -> None:
        """Look a second time: at what the steps left, before anybody cleans it up."""
        if self.scenario.after is None and self._started:
            self.scenario.after = self._take()

    def _take(self) -> World | None:
        return harmless(self._look()) if self._look is not None else None

    def _attach_output(self, step: StepRecord) -> None:
        last = self._lab.last if self._lab is not None else None
        if last is not None and last is not self._said and last.output.strip():
            ended = "" if last.code == 0 else f", exit code {last.code}"
            step.attachments.append(Attachment(f"output{ended}", presentable(last.output)))


def judged(outcome: BaseException | None) -> tuple[Status, Presentable]:
    """What a step's end means: its status, and why in words."""
    if outcome is None:
        return "passed", NOTHING_SAID
    if isinstance(outcome, CheckFailedError):
        return "failed", presentable(failure_text(outcome.failure))
    text = presentable(str(outcome))
    if isinstance(outcome, UndefinedStepError):
        return "undefined", text
    if isinstance(outcome, AmbiguousStepError):
        return "ambiguous", text
    if isinstance(outcome, KeyboardInterrupt):
        return "failed", Presentable("interrupted")
    return "failed", Presentable(f"{type(outcome).__name__}: {text}" if text else type(outcome).__name__)


def identify(step: StepRecord, text: StepText, registry: Registry) -> None:
    """Note down which sentence of the vocabulary a step means, or that it means none or several.

    A step that nobody can run gets its status and message; one that can be run keeps its status.
    """
    try:
        found, arguments = look_up(registry, text.text)
    except (UndefinedStepError, AmbiguousStepError) as error:
        step.status, step.message = judged(error)
        claims = ((entry, entry.match(text.text)) for entry in registry)
        step.matches = [_match(entry, claim, text.text) for entry, claim in claims if claim is not None]
        return
    step.matches = [_match(found, arguments, text.text)]
    if misfit := misfits(found, text):
        step.status, step.message = "undefined", presentable(misfit)


def _match(step: Step, arguments: dict[str, object], text: str) -> Match:
    return Match(step.sentence, step.location, _arguments(step, arguments, text))


def _arguments(step: Step, arguments: dict[str, object], text: str) -> list[Argument]:
    """Where the arguments stand in the text, from left to right.

    They are searched for in the order of each wording, and not taken from its pattern: a time suffix and a word such as
    "never" are taken out of the text before the pattern sees it.
    """
    named = {name: str(value) for name, value in arguments.items() if isinstance(value, (str, int))}
    orders = ([name for name in _NAME.findall(wording.sentence) if name in named] for wording in step.wordings)
    return max((_in_order(order, named, text) for order in orders), key=len, default=[])


def _in_order(order: list[str], named: dict[str, str], text: str) -> list[Argument]:
    found: list[Argument] = []
    position = 0
    for name in order:
        value = re.escape(quoted(named[name])[1:-1])
        at = re.compile(rf'(?<=")({value})(?=")|(?<![\w"])({value})(?![\w"])').search(text, position)
        if at is not None:
            found.append(Argument(name, at.group(), at.start()))
            position = at.end()
    return found
