"""Clusters that exist, given by kubeconfigs: a lesson's `kind` hands them out, and none is made or ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from liqolab.playground.home import Playground
from liqolab.playground.providers import chosen, settle
from tests.clusters import ClusterProcess
from tests.laboratory import Laboratory, used

pytestmark = pytest.mark.embedded


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    with used(tmp_path) as found:
        yield found


def test_a_feature_runs_on_a_cluster_that_is_given(laboratory: Laboratory, venice: ClusterProcess) -> None:
    feature = laboratory.person / "one.feature"
    feature.write_text('Feature: One\n  Scenario: One\n    Then namespace "default" in cluster "venice" exists\n')
    said = laboratory.liqolab("run", str(feature), "--kubeconfig", f"venice={venice.kubeconfig}")
    assert "1 of 1 scenarios passed" in said


def test_kind_hands_out_what_was_given_and_deletes_nothing(laboratory: Laboratory, venice: ClusterProcess) -> None:
    playground = Playground("default", laboratory.home)
    settle(playground, chosen(kubeconfigs=(f"venice={venice.kubeconfig}",)))
    said = laboratory.shell(
        "kind create cluster --name venice --kubeconfig mine && kubectl --kubeconfig mine get nodes"
    )
    assert f"Using the cluster that was given as venice={venice.kubeconfig}, as it is" in said
    assert "venice-control-plane" in said
    assert list(laboratory.status()) == ["venice"]
    said = laboratory.shell("kind create cluster --name naples", code=1)
    assert 'no kubeconfig was given for cluster "naples"' in said and "--kubeconfig naples=PATH" in said
    assert "was given: it goes on" in laboratory.shell("kind delete clusters venice florence --kubeconfig mine")
    assert laboratory.status() == {}
    laboratory.liqolab("down", "--all")
    assert "venice-control-plane" in laboratory.shell(f"kubectl --kubeconfig {venice.kubeconfig} get nodes")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--kubeconfig", "venice"], '"venice" is not of the form NAME=PATH'),
        (["--kubeconfig", "venice=/nowhere"], "there is no kubeconfig /nowhere"),
        (["--provider", "kind", "--kubeconfig", "venice={}"], "and kind makes its own: use one"),
        (["--kubeconfig", "venice={}", "--kubeconfig", "venice={}"], 'cluster "venice" is given twice'),
        (["--provider", "existing"], 'the provider "existing" needs clusters'),
        (["--provider", "cloud"], 'there is no provider "cloud"'),
    ],
)
def test_what_does_not_go_together_is_refused(
    laboratory: Laboratory, venice: ClusterProcess, options: list[str], complaint: str
) -> None:
    said = laboratory.liqolab("run", *(option.format(venice.kubeconfig) for option in options), code=1)
    assert complaint in said
    assert not laboratory.home.exists()
