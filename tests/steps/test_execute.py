"""A step that trips over something that nobody foresaw has failed, and says so; the run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from liqolab.steps.execute import execute
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.registry import Registry, UndefinedStepError
from liqolab.steps.text import StepText


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
