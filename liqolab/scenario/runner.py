"""Plays features: commands into a bash, checks against the clusters, step by step.

`Player` plays a lesson and keeps its position, so that a scenario may say ``Given the lesson has reached "deploy"`` and
get there from wherever the playground stands: forward by playing what lies between, backward by starting anew (the
first step provisions from scratch). `FeaturePlayer` plays any other feature, each scenario for itself.

Both fill in the record of the feature as they go, and `problems` finds what cannot be played before anything is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from liqolab.atlas.world import World
from liqolab.gherkin_tree import FeatureStep, Scenario
from liqolab.report.collecting import Recording, identify
from liqolab.report.record import Argument, FeatureRecord, Match, ScenarioRecord, Status, StepRecord
from liqolab.scenario.feature import Feature
from liqolab.scenario.lesson import Lesson
from liqolab.scenario.places import place_of
from liqolab.steps.execute import execute
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.redaction import Presentable, presentable
from liqolab.steps.lab import Lab
from liqolab.steps.registry import AmbiguousStepError, UndefinedStepError
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY

_PLACE = Match("the lesson has reached {step}", "runner.py:0")

Look = Callable[[Lab], World]
"""Sees how the clusters are."""


class Lease(Protocol):
    """Clusters that a scenario has to itself."""

    @property
    def lab(self) -> Lab: ...

    def end(self, *, failed: bool) -> None:
        """Clean up and give the clusters back.

        Raises:
            CheckFailedError: something could not be taken back, or was left.
        """
        ...


@dataclass(slots=True)
class StepResult:
    """How one step went."""

    step: FeatureStep
    record: StepRecord

    @property
    def status(self) -> Status:
        return self.record.status

    @property
    def seconds(self) -> float:
        return self.record.seconds

    @property
    def error(self) -> Presentable:
        """Why it did not pass, as a text for people; empty when it did."""
        return self.record.message


@dataclass(slots=True)
class ScenarioResult:
    """How one scenario went; `steps` are all of its steps from the beginning, those that never ran as ``skipped``."""

    scenario: Scenario
    record: ScenarioRecord
    steps: list[StepResult] = field(init=False)

    def __post_init__(self) -> None:
        self.steps = [StepResult(*pair) for pair in zip(self.scenario.steps, self.record.steps, strict=True)]

    @property
    def status(self) -> Status:
        return self.record.status

    @property
    def seconds(self) -> float:
        return self.record.seconds

    @property
    def checks(self) -> int:
        """How many checks held."""
        return self.record.checks


class Reporter(Protocol):
    """Told of everything as it happens."""

    def scenario_started(self, scenario: Scenario) -> None: ...

    def step_started(self, step: StepText) -> None: ...

    def step_ended(self, result: StepResult) -> None: ...

    def scenario_ended(self, result: ScenarioResult) -> None: ...


def problems(feature: Feature, record: FeatureRecord) -> list[StepResult]:
    """The steps that cannot be played: undefined, ambiguous, with a text block or table missing or too much.

    `record` is the feature's own, and learns what each step means.
    """
    found: list[StepResult] = []
    places = {scenario.step for scenario in feature.scenarios if scenario.step}
    for scenario, planned in zip(feature.scenarios, record.scenarios, strict=True):
        for result in ScenarioResult(scenario, planned).steps:
            _identify(result, places)
            if result.status != "skipped":
                found.append(result)
    return found


def _identify(result: StepResult, places: Collection[str]) -> None:
    place = place_of(result.step.text)
    if place is None:
        identify(result.record, result.step, REGISTRY)
        return
    result.record.matches = [replace(_PLACE, arguments=[Argument("step", place.step, place.column)])]
    if place.step not in places:
        known = ", ".join(sorted(places)) or "no steps: it is no lesson"
        result.record.status = "undefined"
        result.record.message = presentable(f'the lesson has no step "{place.step}"; it has {known}')


class _FeaturePlayback:
    """What both players share: one scenario, step by step, into its record."""

    def __init__(self, feature: Feature, record: FeatureRecord | None, look: Look | None) -> None:
        self.record = record if record is not None else feature.record()
        self._look = look
        self._results = [ScenarioResult(*pair) for pair in zip(feature.scenarios, self.record.scenarios, strict=True)]

    def _recording(self, result: ScenarioResult, lab: Lab) -> Recording:
        look = self._look
        return Recording(result.record, lab, look=(lambda: look(lab)) if look is not None else None)

    def _play_steps(
        self,
        result: ScenarioResult,
        run: Callable[[StepText, Sequence[StepText]], None],
        recording: Recording,
        reporter: Reporter,
    ) -> None:
        """Play until something is not as it should be; what comes after that stays skipped.

        `run` is given each step, and those that come behind it.
        """
        for position, step in enumerate(result.steps, 1):
            reporter.step_started(step.step)
            recording.step_started(step.record)
            try:
                run(step.step, [later.step for later in result.steps[position:]])
            except (CheckFailedError, UndefinedStepError, AmbiguousStepError) as error:
                recording.step_ended(step.record, error)
            except BaseException as error:
                # Ctrl-C, or something that nobody foresaw: the record has to be true of this step too.
                recording.step_ended(step.record, error)
                recording.end()
                raise
            else:
                recording.step_ended(step.record)
            reporter.step_ended(step)
            if step.status != "passed":
                break


class Player(_FeaturePlayback):
    """Plays scenarios of one lesson in one lab."""

    def __init__(
        self, lesson: Lesson, lab: Lab, *, record: FeatureRecord | None = None, look: Look | None = None
    ) -> None:
        """Play in `lab`.

        Args:
            lesson: what is played.
            lab: a playground of its own.
            record: the record of the lesson's feature, to be filled in; a new one by default.
            look: sees how the clusters are before and after each scenario.
        """
        super().__init__(lesson.feature, record, look)
        self._lab = lab
        self._order = [scenario.step for scenario in lesson.feature.scenarios]
        self._position = -1
        self._seen: World | None = None

    def play(self, reporter: Reporter, until: str = "") -> list[ScenarioResult]:
        """Play the whole feature; after a failure the rest is skipped, since each step stands on the one before.

        Args:
            reporter: is told of everything.
            until: id of the last step to be played; the rest is no part of the result.
        """
        played: list[ScenarioResult] = []
        for result in self._results:
            if not played or played[-1].status == "passed":
                self._play_scenario(result, reporter)
            played.append(result)
            if result.scenario.step == until:
                break
        self.record.scenarios = [result.record for result in played]
        return played

    def reach(self, step: str) -> None:
        """Bring the playground to where the lesson's step `step` is done.

        Raises:
            CheckFailedError: a step on the way there failed, or the lesson has no such step.
        """
        if step not in self._order:
            raise CheckFailedError(f'the lesson has no step "{step}"; it has {", ".join(self._order)}')
        target = self._order.index(step)
        if self._position > target:
            self._position = -1
            self._lab.restart_shell()
        for result in self._results[self._position + 1 : target + 1]:
            for part in result.scenario.steps:
                self.execute(part)
            self.done(result.scenario.step)

    def done(self, step: str) -> None:
        """Note that the lesson's step `step` is done."""
        self._position = self._order.index(step)

    def lost(self) -> None:
        """Note that nobody knows where the playground stands (a step broke halfway): the next `reach` starts anew."""
        self._position = len(self._order)

    def execute(self, part: StepText, following: Sequence[StepText] | None = None) -> None:
        """Run one sentence; `following` are those that may judge what its command said.

        Raises:
            CheckFailedError: it does not hold.
            UndefinedStepError, AmbiguousStepError: the vocabulary does not settle what it means.
        """
        if place := place_of(part.text):
            self.reach(place.step)
        else:
            execute(self._lab, part, REGISTRY, following)

    def _play_scenario(self, result: ScenarioResult, reporter: Reporter) -> None:
        recording = self._recording(result, self._lab)
        reporter.scenario_started(result.scenario)
        # Nothing happens between two steps of a lesson: the world after one is the world before the next.
        recording.begin(self._seen)
        self._play_steps(result, self.execute, recording, reporter)
        recording.end()
        self._seen = result.record.after
        if result.status == "passed":
            self.done(result.scenario.step)
        reporter.scenario_ended(result)


class FeaturePlayer(_FeaturePlayback):
    """Plays a feature that is no lesson's: scenarios know nothing of each other, and each cleans up after itself."""

    def __init__(
        self,
        feature: Feature,
        lease: Callable[[Scenario], Lease],
        *,
        record: FeatureRecord | None = None,
        look: Look | None = None,
    ) -> None:
        """Play.

        Args:
            feature: what is played.
            lease: where a scenario gets its clusters from; raises CheckFailedError where there are none.
            record: the record of the feature, to be filled in; a new one by default.
            look: sees how the clusters are before and after each scenario.
        """
        super().__init__(feature, record, look)
        self._lease = lease
        self._folder = feature.path.parent.absolute()

    def play(self, reporter: Reporter) -> list[ScenarioResult]:
        """Play every scenario, whatever became of the others."""
        for result in self._results:
            reporter.scenario_started(result.scenario)
            # What was wrong before or after the steps is in the record.
            with suppress(CheckFailedError):
                self._play_scenario(result, reporter)
            reporter.scenario_ended(result)
        return self._results

    def _play_scenario(self, result: ScenarioResult, reporter: Reporter) -> None:
        with Recording(result.record).hook("Clusters", "before"):
            lease = self._lease(result.scenario)
        lease.lab.shelves = (self._folder, Path.cwd())
        recording = self._recording(result, lease.lab)
        recording.begin()
        try:
            self._play_steps(result, lambda part, later: execute(lease.lab, part, REGISTRY, later), recording, reporter)
        finally:
            try:
                with recording.hook("Cleanup", "after"):
                    lease.end(failed=result.status != "passed")
            finally:
                recording.end()
