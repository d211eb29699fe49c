"""The lesson on real KinD, its commands typed as they stand there, and a cluster that loses its power."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laboratory import LESSON, Laboratory
from tests.providers.conftest import engine, on_kind

pytestmark = pytest.mark.kind

_PATIENCE = 1800


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    with on_kind(tmp_path, _PATIENCE) as found:
        yield found


def test_the_lesson_passes_from_its_first_step_to_its_last(laboratory: Laboratory) -> None:
    said = laboratory.liqolab("run", LESSON, "--provider", "kind")
    assert "9 of 9 steps passed" in said
    assert "-control-plane" not in engine("ps", "-a", "--filter", "name=^venice-", "--format", "{{.Names}}")


def test_a_node_that_is_killed_comes_back_with_liqo(laboratory: Laboratory) -> None:
    laboratory.liqolab("up")
    before = laboratory.kubectl("venice", "get foreignclusters,pods -A -o name")
    engine("kill", "venice-control-plane")
    assert laboratory.status()["venice"]["state"] == "stopped"
    assert "Starting venice again" in laboratory.liqolab("up")
    laboratory.kubectl("venice", "wait -n liqo --for=condition=Available deployment --all --timeout=180s")
    assert laboratory.kubectl("venice", "get foreignclusters,pods -A -o name") == before
    # What a kubelet last said of its pods stands until it says something else.
    asked = f"liqoctl status --kubeconfig {laboratory.kubeconfig('venice')}"
    said = laboratory.shell(f"for _ in $(seq 120); do {asked} && break; sleep 1; done")
    assert "control plane pods are up and running" in said
