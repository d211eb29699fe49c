"""Plays a lesson's feature: commands into the lesson's bash, checks against the clusters, step by step.

`Player` also keeps the lesson's position, so that a scenario may say ``Given the lesson has reached "deploy"`` and get
there from wherever the playground stands: forward by playing what lies between, backward by starting anew (the first
step provisions from scratch).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from liqolab.scenario.feature import Scenario
from liqolab.scenario.lesson import Lesson
from liqolab.steps.execute import execute
from liqolab.steps.failure import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.registry import AmbiguousStepError, UndefinedStepError
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY

Status = Literal["passed", "failed", "undefined", "skipped"]

_REACHED = 'the lesson has reached "'


@dataclass(slots=True)
class StepResult:
    """How one sentence went; `error` is a text for people."""

    step: StepText
    status: Status = "skipped"
    seconds: float = 0.0
    error: str = ""


@dataclass(slots=True)
class ScenarioResult:
    """How one scenario went."""

    scenario: Scenario
    steps: list[StepResult] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def status(self) -> Status:
        severity: tuple[Status, ...] = ("undefined", "failed", "skipped")
        for worst in severity:
            if any(result.status == worst for result in self.steps):
                return worst
        return "passed"

    @property
    def checks(self) -> int:
        """How many checks held."""
        return sum(1 for result in self.steps if result.step.kind == "then" and result.status == "passed")


class Reporter(Protocol):
    """Told of everything as it happens."""

    def scenario_started(self, scenario: Scenario) -> None: ...

    def step_started(self, step: StepText) -> None: ...

    def step_ended(self, result: StepResult) -> None: ...

    def scenario_ended(self, result: ScenarioResult) -> None: ...


class Player:
    """Plays scenarios of one lesson in one lab."""

    def __init__(self, lesson: Lesson, lab: Lab) -> None:
        self._lesson = lesson
        self._lab = lab
        self._order = [scenario.step for scenario in lesson.feature.scenarios]
        self._position = -1

    def play(self, reporter: Reporter) -> list[ScenarioResult]:
        """Play the whole feature; after a failure the rest is skipped, since each step stands on the one before."""
        results: list[ScenarioResult] = []
        for scenario in self._lesson.feature.scenarios:
            if results and results[-1].status != "passed":
                results.append(ScenarioResult(scenario, [StepResult(part) for part in scenario.steps]))
                continue
            results.append(self._play_scenario(scenario, reporter))
        return results

    def reach(self, step: str) -> None:
        """Bring the playground to where the lesson's step `step` is done.

        Raises:
            CheckFailedError: a step on the way there failed.
        """
        target = self._order.index(step)
        if self._position > target:
            self._position = -1
            self._lab.restart_shell()
        for scenario in self._lesson.feature.scenarios[self._position + 1 : target + 1]:
            for part in scenario.steps:
                self.execute(part)
            self.done(scenario.step)

    def done(self, step: str) -> None:
        """Note that the lesson's step `step` is done."""
        self._position = self._order.index(step)

    def lost(self) -> None:
        """Note that nobody knows where the playground stands (a step broke halfway): the next `reach` starts anew."""
        self._position = len(self._order)

    def execute(self, part: StepText) -> None:
        """Run one sentence.

        Raises:
            CheckFailedError: it does not hold.
            UndefinedStepError, AmbiguousStepError: the vocabulary does not settle what it means.
        """
        if part.text.startswith(_REACHED):
            self.reach(part.text.removeprefix(_REACHED).rstrip('"'))
            return
        execute(self._lab, part, REGISTRY)

    def _play_scenario(self, scenario: Scenario, reporter: Reporter) -> ScenarioResult:
        reporter.scenario_started(scenario)
        result = ScenarioResult(scenario)
        started = time.monotonic()
        for step_result in self._play_steps(scenario, reporter):
            result.steps.append(step_result)
        result.seconds = time.monotonic() - started
        if result.status == "passed":
            self.done(scenario.step)
        reporter.scenario_ended(result)
        return result

    def _play_steps(self, scenario: Scenario, reporter: Reporter) -> Iterator[StepResult]:
        broken = False
        for part in scenario.steps:
            result = StepResult(part)
            if not broken:
                reporter.step_started(part)
                self._judge(result)
                broken = result.status != "passed"
                reporter.step_ended(result)
            yield result

    def _judge(self, result: StepResult) -> None:
        started = time.monotonic()
        try:
            self.execute(result.step)
        except CheckFailedError as error:
            result.status, result.error = "failed", str(error)
        except (UndefinedStepError, AmbiguousStepError) as error:
            result.status, result.error = "undefined", str(error)
        else:
            result.status = "passed"
        result.seconds = time.monotonic() - started
