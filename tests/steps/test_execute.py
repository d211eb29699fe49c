"""A step that trips over something that nobody foresaw has failed, and says so; the run goes on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from liqolab.steps.execute import execute
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.registry import Registry, UndefinedStepError
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY


def test_what_nobody_foresaw_fails_the_step(tmp_path: Path) -> None:
    registry = Registry()

    @registry.then("it trips")
    def trip(lab: Lab) -> None:
        raise KeyError("spec")

    lab = Lab({}, tmp_path, lambda cluster: None)
    with pytest.raises(CheckFailedError, match=r"KeyError: 'spec'\);(.|\n)*please report it") as caught:
        execute(lab, StepText("then", "Then", "it trips"), registry)
    assert caught.value.failure.sentence == "Then it trips"
    with pytest.raises(UndefinedStepError):
        execute(lab, StepText("then", "Then", "it is unheard of"), registry)


def test_a_kubeconfig_that_went_away_is_named(tmp_path: Path) -> None:
    lab = Lab({}, tmp_path, lambda cluster: tmp_path / "gone")
    with pytest.raises(CheckFailedError, match='kubeconfig of cluster "venice" cannot be read: No such file'):
        lab.cluster("venice")


def test_a_cluster_that_was_declared_and_is_not_there_is_not_listed(tmp_path: Path) -> None:
    here = {"venice": tmp_path}
    lab = Lab({}, tmp_path, here.get, ("venice", "naples"))
    with pytest.raises(CheckFailedError) as caught:
        lab.kubeconfig("naples")
    assert caught.value.failure.summary == (
        'there is no cluster "naples" in this playground: it was not created yet, or is gone (it has venice)'
    )


@pytest.mark.parametrize(
    ("command", "following", "passes"),
    [
        ("true", [], True),
        ("(exit 3)", [], False),
        ("(exit 3)", ["the command fails"], True),
        ("(exit 3)", ['the output contains "x"'], True),
        ("(exit 3)", ['namespace "a" in cluster "venice" exists', "the command fails with exit code 3"], True),
        ("(exit 3)", ['I run "true"', "the command succeeds"], False),
        ("(exit 3)", ["a sentence of somebody's own"], True),
    ],
)
def test_a_command_that_failed_has_to_be_judged(
    tmp_path: Path, command: str, following: list[str], *, passes: bool
) -> None:
    lab = Lab(dict(os.environ), tmp_path, lambda cluster: None)
    try:
        step, rest = (
            StepText("when", "When", f'I run "{command}"'),
            [StepText("then", "Then", each) for each in following],
        )
        if passes:
            execute(lab, step, REGISTRY, rest)
            return
        with pytest.raises(CheckFailedError, match="the command ended with exit code 3, and no step judges it"):
            execute(lab, step, REGISTRY, rest)
    finally:
        lab.close()


def test_checks_expect_the_version_of_the_node_image_and_commands_stay_as_they_are(tmp_path: Path) -> None:
    registry, heard = Registry(), []

    @registry.then("the version is {version}")
    def then(lab: Lab, version: str, datatable: list[list[str]]) -> None:
        heard.append((version, datatable))

    @registry.when("I want {version}")
    def when(lab: Lab, version: str) -> None:
        heard.append((version, []))

    lab = Lab({}, tmp_path, lambda cluster: None)
    lab.wordings = {"v1.23.6": "v1.34.4"}
    execute(lab, StepText("then", "Then", 'the version is "v1.23.6"', None, [["v1.23.6", "v1.23.60"]]), registry)
    execute(lab, StepText("when", "When", 'I want "v1.23.6"'), registry)
    assert heard == [("v1.34.4", [["v1.34.4", "v1.23.60"]]), ("v1.23.6", [])]


def test_a_text_that_yaml_folds_is_one_line(tmp_path: Path) -> None:
    lab = Lab(dict(os.environ), tmp_path, lambda cluster: None)
    printed = "a:\n- message: one two\n    three\n  reason: four\nlist:\n- five\n"
    (tmp_path / "printed").write_text(printed)
    try:
        execute(lab, StepText("when", "When", 'I run "cat printed"'), REGISTRY, [])
        for line, holds in (("message: one two three", True), ("three reason: four", False), ("list: - five", False)):
            step = StepText("then", "Then", "the output contains:", docstring=line)
            if holds:
                execute(lab, step, REGISTRY, [])
                continue
            with pytest.raises(CheckFailedError, match="not in the output"):
                execute(lab, step, REGISTRY, [])
    finally:
        lab.close()
