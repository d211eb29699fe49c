"""A KinD cluster that somebody made without liqolab is left alone, whatever liqolab is asked to do; and the lab's
shell hands over to the person's own `kind`.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laboratory import Laboratory
from tests.providers.conftest import engine, on_kind

pytestmark = pytest.mark.kind


@pytest.fixture
def laboratory(tmp_path: Path) -> Iterator[Laboratory]:
    with on_kind(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of somebody's own, made with `kind` and nothing else."""
    name = f"pv-s-{secrets.token_hex(2)}"
    kubeconfig = tmp_path_factory.mktemp("stranger") / "kubeconfig"
    image = ["--image", os.environ["LIQOLAB_NODE_IMAGE"]] if "LIQOLAB_NODE_IMAGE" in os.environ else []
    create = ["kind", "create", "cluster", "--name", name, "--kubeconfig", str(kubeconfig), *image]
    subprocess.run(create, check=True, capture_output=True, timeout=300)
    try:
        yield name
    finally:
        delete = ["kind", "delete", "cluster", "--name", name, "--kubeconfig", str(kubeconfig)]
        subprocess.run(delete, check=True, capture_output=True, timeout=300)


def state(cluster: str) -> tuple[str, bool, str]:
    """What would be another if anybody had touched it."""
    (found,) = json.loads(engine("inspect", f"{cluster}-control-plane"))
    return found["Id"], found["State"]["Running"], found["State"]["StartedAt"]


def lesson_on(laboratory: Laboratory, cluster: str) -> Path:
    """A topology with that cluster, as a feature of one's own has it."""
    path = laboratory.person / "topology.yaml"
    path.write_text(f"{{liqo: false, clusters: [{{name: {cluster}}}]}}")
    feature = laboratory.person / "one.feature"
    feature.write_text(f'Feature: One\n  Scenario: One\n    Then namespace "default" in cluster "{cluster}" exists\n')
    return path


def test_a_strangers_cluster_survives_everything(laboratory: Laboratory, stranger: str) -> None:
    before = state(stranger)
    topology = lesson_on(laboratory, stranger)
    said = laboratory.liqolab("test", "--topology", str(topology), str(topology.with_name("one.feature")), code=1)
    refusal = f'this machine has a KinD cluster "{stranger}" that liqolab has not made; it was left alone'
    assert refusal in " ".join(said.split())
    for command in (f"kind delete cluster --name {stranger}", f"kind delete clusters pv-none {stranger}"):
        assert laboratory.shell(command, code=1).startswith(f"ERROR: {refusal}")
    assert f'with the name "{stranger}"' in laboratory.shell(f"kind create cluster --name {stranger}", code=1)
    laboratory.shell("kind delete clusters --all")
    laboratory.liqolab("down", "--all")
    assert state(stranger) == before


def test_the_shells_kind_makes_clusters_that_are_the_playgrounds(laboratory: Laboratory) -> None:
    name = f"pv-t-{secrets.token_hex(2)}"
    said = laboratory.shell(f"kind create cluster --name {name} --kubeconfig mine --wait 2m")
    # Its own words, from the first to the last.
    assert said.startswith(f'Creating cluster "{name}" ...\n') and f"kubectl cluster-info --context kind-{name}" in said
    assert laboratory.status()[name]["state"] == "running"
    assert f"{name}-control-plane" in laboratory.shell("kubectl --kubeconfig mine get nodes")
    assert name in laboratory.shell("kind get clusters").splitlines()
    said = laboratory.shell(f"kind create cluster --name {name}", code=1)
    assert "already exist" in said
    assert laboratory.status()[name]["state"] == "running"
    said = laboratory.shell(f"kind delete cluster --name {name} --kubeconfig mine")
    assert said.startswith(f'Deleting cluster "{name}" ...\n')
    assert laboratory.status() == {}


def test_ctrl_c_in_the_shells_kind_leaves_nothing(laboratory: Laboratory) -> None:
    name = f"pv-u-{secrets.token_hex(2)}"
    running = laboratory.start("shell", "-c", f"kind create cluster --name {name} --kubeconfig mine")
    running.until("Preparing nodes")
    code, _ = running.interrupt()
    assert code == 130
    assert name not in engine("ps", "-a", "--format", "{{.Names}}")
