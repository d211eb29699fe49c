"""Features that need no cluster: what is typed into a bash, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from liqolab.atlas.world import ClusterView, World
from liqolab.gherkin_tree import Scenario
from liqolab.process import without_terminal
from liqolab.report.record import ScenarioRecord
from liqolab.scenario.feature import Feature, load_feature
from liqolab.scenario.runner import FeaturePlayer, ScenarioResult, StepResult, problems
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.text import StepText

SOURCE = '''\
Feature: Shell
  Scenario: Good
    When I run:
      """
      export WHO=world
      echo "hello $WHO"
      """
    Then the output contains "hello world"

  Scenario: Bad
    When I run "echo no; exit 3"
    Then the command succeeds
    And the output contains "never looked at"

  Scenario: Good again
    When I run "echo still here"
    Then the command succeeds
'''


class _Lease:
    """A bash and nothing else; what it was told at its end."""

    def __init__(self, lab: Lab, left: str = "") -> None:
        self.lab = lab
        self.left = left
        self.ended: list[bool] = []

    def end(self, *, failed: bool) -> None:
        self.ended.append(failed)
        self.lab.restart_shell()
        if self.left:
            raise CheckFailedError(self.left)


class _Listener:
    """Notes down what a reporter is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def scenario_started(self, scenario: Scenario) -> None:
        self.told.append(f"{scenario.name}:")

    def step_started(self, step: StepText) -> None:
        self.told.append(f"  {step.text}")

    def step_ended(self, result: StepResult) -> None:
        self.told.append(f"  = {result.status}")

    def scenario_ended(self, result: ScenarioResult) -> None:
        self.told.append(f"= {result.status}")


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with Lab(without_terminal(os.environ), tmp_path, lambda name: None) as lab:
        yield lab


def _load(folder: Path, source: str) -> Feature:
    path = folder / "shell.feature"
    path.write_text(source)
    return load_feature(path)


def _statuses(scenario: ScenarioRecord) -> list[str]:
    return [step.status for step in scenario.steps]


def test_a_scenario_stops_at_the_first_step_that_fails_and_the_next_one_begins_afresh(tmp_path: Path, lab: Lab) -> None:
    feature = _load(tmp_path, SOURCE)
    lease, listener = _Lease(lab), _Listener()
    player = FeaturePlayer(feature, lambda scenario: lease)
    assert problems(feature, player.record) == []
    player.play(listener)
    assert [_statuses(scenario) for scenario in player.record.scenarios] == [
        ["passed", "passed"],
        ["passed", "failed", "skipped"],
        ["passed", "passed"],
    ]
    assert lease.ended == [False, True, False]
    assert listener.told[6:11] == [
        "Bad:",
        '  I run "echo no; exit 3"',
        "  = passed",
        "  the command succeeds",
        "  = failed",
    ]
    bad = player.record.scenarios[1].steps
    assert bad[1].failure is not None and "3" in bad[1].message
    assert [attachment.text.strip() for attachment in bad[0].attachments] == ["no"]
    assert all(step.seconds > 0 and step.started > 0 for step in bad[:2])
    assert bad[2].started == 0


def test_what_is_left_behind_fails_a_scenario_whose_checks_held(tmp_path: Path, lab: Lab) -> None:
    feature = _load(tmp_path, SOURCE)
    player = FeaturePlayer(feature, lambda scenario: _Lease(lab, "configmap x was left behind"))
    results = player.play(_Listener())
    assert [result.status for result in results] == ["failed", "failed", "failed"]
    [cleanup] = [hook for hook in results[0].record.hooks if hook.when == "after"]
    assert (cleanup.status, cleanup.message) == ("failed", "configmap x was left behind")
    assert _statuses(results[0].record) == ["passed", "passed"]


def test_a_scenario_without_clusters_fails_and_says_why(tmp_path: Path) -> None:
    def none(scenario: Scenario) -> _Lease:
        raise CheckFailedError("clusters do not come up: the disk is full")

    results = FeaturePlayer(_load(tmp_path, SOURCE), none).play(_Listener())
    assert {result.status for result in results} == {"failed"}
    assert results[0].record.hooks[0].message == "clusters do not come up: the disk is full"
    assert _statuses(results[0].record) == ["skipped", "skipped"]


def test_the_world_after_a_scenario_is_of_what_its_steps_left_and_not_of_the_cleanup(tmp_path: Path, lab: Lab) -> None:
    lease = _Lease(lab)

    def look(lab: Lab) -> World:
        return World((ClusterView("clean" if lease.ended else "dirty"),))

    feature = _load(tmp_path, SOURCE)
    player = FeaturePlayer(feature, lambda scenario: lease, look=look)
    player.play(_Listener())
    first = player.record.scenarios[0]
    assert first.after is not None and first.after.clusters[0].name == "dirty"


def test_ctrl_c_leaves_a_record_that_is_true(tmp_path: Path, lab: Lab) -> None:
    class Interrupting(_Listener):
        def step_ended(self, result: StepResult) -> None:
            if result.step.text.startswith("I run"):
                raise KeyboardInterrupt

    feature = _load(tmp_path, SOURCE)
    lease = _Lease(lab)
    player = FeaturePlayer(feature, lambda scenario: lease)
    with pytest.raises(KeyboardInterrupt):
        player.play(Interrupting())
    assert [_statuses(scenario) for scenario in player.record.scenarios] == [
        ["passed", "skipped"],
        ["skipped"] * 3,
        ["skipped"] * 2,
    ]
    assert len(lease.ended) == 1
    assert player.record.scenarios[0].seconds > 0


def test_everything_that_cannot_be_played_is_found_before_anything_is(tmp_path: Path) -> None:
    feature = _load(
        tmp_path,
        """\
Feature: Mistakes
  Scenario: One
    When I run:
    Then the command succeds
  Scenario: Two
    Given the lesson has reached "peer"
    When I run "true"
      | a |
""",
    )
    record = feature.record()
    found = problems(feature, record)
    assert [(result.status, result.step.line) for result in found] == [("undefined", line) for line in (3, 4, 6, 7)]
    messages = [result.error for result in found]
    assert "needs a text block" in messages[0]
    assert "did you mean" in messages[1] and "the command succeeds" in messages[1]
    assert messages[2] == 'the lesson has no step "peer"; it has no steps: it is no lesson'
    assert "takes no table" in messages[3]
