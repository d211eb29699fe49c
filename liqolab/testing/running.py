"""One scenario under way: its clusters, its loop, and the record of what happened.

pytest-bdd runs the steps; its hooks tell `ScenarioRun`, which knows the scenario as it is written and fills in the
record. What a scenario holds (a lease on clusters, a loop for coroutines) it gets when it first needs it, and gives
back when pytest tears the test down: after the fixtures and the ``yield`` steps of users, which may clean
up themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest._code.code import ExceptionChainRepr, ReprEntryNative, ReprFileLocation, ReprTraceback

from liqolab.gherkin_tree import FeatureStep
from liqolab.report.collecting import Recording
from liqolab.report.record import Match, Status, StepRecord
from liqolab.scenario.feature import unplayed
from liqolab.steps.execute import execute
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.redaction import presentable
from liqolab.steps.registry import AmbiguousStepError, UndefinedStepError
from liqolab.testing.plan import Plan

if TYPE_CHECKING:
    from liqolab.atlas.world import World
    from liqolab.steps.lab import Lab
    from liqolab.testing.leases import Lease

RUN = pytest.StashKey["ScenarioRun"]()

Leasing = Callable[["ScenarioRun"], "Lease"]
"""Gets clusters for a scenario; blocks while somebody else has them."""

_MACHINERY = ("pytest_bdd", "_pytest", "pluggy", "liqolab", "asyncio")
"""What pytest prints nothing of when a scenario failed: only the step, its place and what it said are of interest."""

_under_way: list[ScenarioRun] = []


class ScenarioRun:
    """One scenario (or row of an outline), once.

    Attributes:
        plan: the scenario as written.
        record: what became of it so far.
    """

    def __init__(self, plan: Plan, matches: Sequence[list[Match]], leasing: Leasing, *, worlds: bool) -> None:
        """`matches` are what each step means, `worlds` whether the clusters are looked at before and after."""
        self.plan = plan
        self.record = unplayed(plan.scenario)
        for step, found in zip(self.record.steps, matches, strict=True):
            step.matches = found
        self._leasing = leasing
        self._worlds = worlds
        self._lease: Lease | None = None
        self._loop: asyncio.Runner | None = None
        self._recording = self._new_recording()
        self._position = -1
        self._open = False

    @property
    def step(self) -> FeatureStep:
        """The step that is under way."""
        return self.plan.scenario.steps[self._position]

    @property
    def step_record(self) -> StepRecord:
        return self.record.steps[self._position]

    @property
    def lab(self) -> Lab:
        """The clusters of this scenario; the first to ask for it takes the lease.

        Raises:
            CheckFailedError: there are none to be had; the text says why.
        """
        if self._lease is None:
            with self._recording.hook("Clusters", "before"):
                self._lease = self._leasing(self)
            if self._position < 0:
                self._recording = self._new_recording()
        return self._lease.lab

    @property
    def failed(self) -> bool:
        return self.record.status != "passed" and any(step.started for step in self.record.steps)

    @property
    def culprit(self) -> FeatureStep | None:
        """The step that did not pass; None where none did not."""
        if self._position < 0 or self.step_record.status == "passed":
            return None
        return self.step

    def begin(self, *, clusters: bool) -> None:
        """The scenario begins; `clusters` says whether any of its sentences is about some."""
        _under_way.append(self)
        if clusters:
            _ = self.lab
        self._recording.begin()

    def step_started(self) -> None:
        """The next step begins."""
        self._position += 1
        self._open = True
        self._recording.step_started(self.step_record)

    def step_ended(self, outcome: BaseException | None = None) -> None:
        """The step that was under way ended, well or with what it raised."""
        if not self._open:
            return
        self._open = False
        status = _status_of(outcome)
        self._recording.step_ended(self.step_record, status or outcome)
        if status is not None:
            self.step_record.message = presentable(str(outcome))

    def execute(self, step: FeatureStep) -> None:
        """Say a step to the vocabulary."""
        __tracebackhide__ = True
        execute(self.lab, step, following=self.plan.scenario.steps[self._position + 1 :])

    def reach(self, step: str) -> None:
        """Bring the lesson to where its step is done."""
        _ = self.lab
        assert self._lease is not None
        self._lease.reach(step)

    def wait_for(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end, in the loop that all steps of this scenario share."""
        if self._lease is not None:
            return self._lease.lab.wait_for(coroutine)
        if self._loop is None:
            self._loop = asyncio.Runner()
        return self._loop.run(coroutine)

    def finish(self) -> None:
        """Clean up, look for what was left, and give the clusters back.

        Raises:
            CheckFailedError: something could not be taken back, or was left.
        """
        try:
            if self._lease is not None:
                with self._recording.hook("Cleanup", "after"):
                    self._lease.end(failed=self.failed)
        finally:
            self._recording.end()
            if self._loop is not None:
                self._loop.close()
            if self in _under_way:
                _under_way.remove(self)

    def _new_recording(self) -> Recording:
        lab = self._lease.lab if self._lease is not None else None
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        return Recording(self.record, lab, worker=worker, look=self._look(lab))

    def _look(self, lab: Lab | None) -> Callable[[], World] | None:
        if lab is None or not self._worlds:
            return None
        from liqolab.atlas.snapshot import take

        return lambda: take(lab)


def running_scenario() -> ScenarioRun:
    """The scenario under way in this process."""
    return _under_way[-1]


def finish_all() -> None:
    """Clean up after scenarios that were broken off in the middle, by Ctrl-C."""
    for run in list(_under_way):
        with contextlib.suppress(CheckFailedError):
            run.finish()


def current_scenario(item: pytest.Item) -> ScenarioRun:
    """The scenario that a test runs."""
    return item.stash[RUN]


def _status_of(outcome: BaseException | None) -> Status | None:
    """Statuses that only steps of users can bring about: no sentence of the vocabulary skips, or is unfinished."""
    if isinstance(outcome, pytest.skip.Exception):
        return "skipped"
    return "pending" if isinstance(outcome, NotImplementedError) else None


def explain(run: ScenarioRun, excinfo: pytest.ExceptionInfo[BaseException]) -> ExceptionChainRepr:
    """The text for a failure of a scenario, in the form that pytest prints, counts and sends between processes."""
    error = excinfo.value
    step = run.culprit
    where = f"{step.location}: {step.keyword} {step.text}" if step is not None else ""
    text = presentable(str(error)) or type(error).__name__
    if not isinstance(error, (CheckFailedError, UndefinedStepError, AmbiguousStepError)):
        text = "\n".join([*_own_code(excinfo), f"{type(error).__name__}: {presentable(str(error))}"])
    shown = (
        text if not where or (step is not None and step.text in text and step.location in text) else f"{where}\n{text}"
    )
    path = step.path if step is not None else run.plan.feature.uri
    line = step.line if step is not None else run.plan.scenario.line
    told = str(error)
    if isinstance(error, CheckFailedError):
        # What a summary of a whole run has room for is the root of it all, where that is known.
        told = error.failure.causes[-1] if error.failure.causes else error.failure.summary
    first = presentable(told).strip().partition("\n")[0] or type(error).__name__
    crash = ReprFileLocation(path, line, first)
    traceback = ReprTraceback([ReprEntryNative([f"{shown}\n"])], None, "native")
    return ExceptionChainRepr([(traceback, crash, None)])


def _own_code(excinfo: pytest.ExceptionInfo[BaseException]) -> list[str]:
    """The traceback through code of the users: where, and the line."""
    lines = []
    for entry in excinfo.traceback:
        module = str(entry.frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] in _MACHINERY:
            continue
        path = Path(str(entry.path))
        shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        lines.append(f"{shown}:{entry.lineno + 1}: in {entry.name}\n    {str(entry.statement).strip()}")
    return lines[-5:]
