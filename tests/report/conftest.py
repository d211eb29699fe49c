"""A record with one of everything: statuses, Background, Rule, outline, block, table, hooks, worlds, evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.atlas.world import ClusterView, Namespace, Node, Peering, Pod, World
from liqolab.report.collecting import Recording, identify
from liqolab.report.record import Attachment, FeatureRecord, RunRecord, ScenarioRecord
from liqolab.scenario.feature import Feature, load_feature
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Difference, EventLine, Failure, LogTail, Moment, Target
from liqolab.steps.registry import Registry
from liqolab.steps.timing import Timing

SOURCE = '''\
@policy @slow
Feature: Policies
  What a namespace allows,
  and what it does not.

  Background: at home
    Given a lab

  @first
  Scenario: All is well
    When I type:
      """bash
      kubectl get nodes
      """
    Then the table is:
      | NAME   | READY |
      | venice | yes   |

  Scenario Outline: Region <region>
    Then pod "app-<region>" runs

    @rows
    Examples: regions
      | region |
      | center |
      | south  |

  Rule: Nobody gets around it
    Background:
      Given a lock

    Scenario: Nobody knows
      * gibberish
      Then pod "late" runs

    Scenario: Two know
      Then twice said
'''


def _registry() -> Registry:
    registry = Registry()
    for sentence in ("a lab", "a lock", "pod {name} runs", "twice said", "twice said[ or thrice]"):
        registry.then(sentence)(lambda lab, name="": None)
    registry.when("I type:")(lambda lab, docstring: None)
    registry.then("the table is:")(lambda lab, datatable: None)
    return registry


def failure() -> Failure:
    return Failure(
        summary="it is Pending",
        target=Target("venice", "pod", "app-center", "liqo-demo"),
        timing=Timing("within", 30.0),
        differences=[Difference(".status.phase", "Running", "Pending")],
        expected={"status": {"phase": "Running"}},
        actual={"status": {"phase": "Pending"}},
        nearest="app-south, which runs",
        timeline=[Moment(0.0, "absent"), Moment(1.2, "Pending")],
        output="nothing to see",
        code=1,
        events=[EventLine("venice", "pod/app-center", "Warning", "FailedScheduling", "0/3 nodes are available", 4)],
        logs=[LogTail("naples", "app-south", "app", ("hello",))],
        causes=["app-center is Pending", "no node satisfies both"],
        command="kubectl get pod app-center -n liqo-demo -o yaml",
    )


def world(*, offloaded: bool) -> World:
    demo = Namespace("liqo-demo", offloading="Ready", offloaded_to=("naples",)) if offloaded else Namespace("liqo-demo")
    pod = Pod("liqo-demo", "app-south-1", "Running", True, "liqo-naples" if offloaded else "home", "app-south")
    venice = ClusterView(
        "venice",
        version="v1.33.1",
        liqo=True,
        nodes=(Node("home", True), *((Node("liqo-naples", True, "naples"),) if offloaded else ())),
        namespaces=(Namespace("kube-system", system=True), demo),
        pods=(pod, Pod("kube-system", "dns", "Running", True, "home", "dns")),
        peerings=(Peering("naples", "Established", "None", "Established", "Established"),) if offloaded else (),
    )
    return World(
        (venice, ClusterView("naples", version="v1.33.1"), ClusterView("florence", error="it does not answer"))
    )


@pytest.fixture
def feature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Feature:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "features" / "policies.feature"
    path.parent.mkdir()
    path.write_text(SOURCE)
    return load_feature(path)


def _play(scenario: ScenarioRecord, index: int) -> None:
    """Give a scenario that can be played the end that its place in the feature stands for."""
    recording = Recording(scenario, worker="gw1", look=lambda: world(offloaded=index == 1))
    recording.begin(world(offloaded=False))
    with recording.hook("Namespace", "before"):
        pass
    for step in scenario.steps:
        recording.step_started(step)
        failed = index == 1 and step is scenario.steps[-1]
        recording.step_ended(step, CheckFailedError(failure()) if failed else None)
    scenario.steps[-1].attachments.append(Attachment("output", "NAME\nvenice\n"))
    with recording.hook("Cleanup", "after") as cleanup:
        if index == 2:
            cleanup.status, cleanup.message = "failed", "configmap liqo-demo/left is still there"
    recording.end()
    _at_fixed_times(scenario)


def _at_fixed_times(scenario: ScenarioRecord) -> None:
    scenario.started, scenario.seconds = 1_760_000_000.0 + scenario.line + scenario.row, 2.5
    for number, part in enumerate((*scenario.hooks, *scenario.steps)):
        part.started, part.seconds = scenario.started + number * 0.25, 0.125


@pytest.fixture
def recorded(feature: Feature) -> FeatureRecord:
    record = feature.record()
    registry = _registry()
    for index, (written, scenario) in enumerate(zip(feature.scenarios, record.scenarios, strict=True)):
        for text, step in zip(written.steps, scenario.steps, strict=True):
            identify(step, text, registry)
        if scenario.status == "skipped":
            _play(scenario, index)
    return record


@pytest.fixture
def record(recorded: FeatureRecord) -> RunRecord:
    """Five scenarios: passed, failed, failed only in its cleanup, undefined, ambiguous."""
    return RunRecord(
        started=1_760_000_000.0,
        seconds=60.5,
        runner="pytest",
        title="Acceptance",
        versions={"liqolab": "1.2.3", "Python": "3.11.7"},
        system="Linux 6.1",
        machine="x86_64",
        provider="embedded",
        clusters=["venice", "florence", "naples"],
        features=[recorded],
    )
