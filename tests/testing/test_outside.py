"""As a stranger has it: the wheel in an environment of its own, features in a folder that knows nothing of this one."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = [pytest.mark.embedded, pytest.mark.journey]

CHECKOUT = Path(__file__).parents[2]

FEATURE = """
Feature: A stranger's
  @smoke
  Scenario Outline: Nodes of <cluster>
    Given I am using cluster "<cluster>"
    When I create namespace "mine-{namespace}"
    Then node "<cluster>-control-plane" is Ready
    When I run "kubectl --kubeconfig $KUBECONFIG_NAPLES get nodes"
    Then the output contains "naples-control-plane"
    Examples:
      | cluster |
      | venice  |
      | naples  |
"""

TOPOLOGY = """
liqo: false
clusters:
  - name: venice
  - name: naples
"""


@dataclass(frozen=True)
class Stranger:
    """A folder, an environment with the wheel in it, and somewhere for clusters."""

    folder: Path
    programs: Path
    environment: dict[str, str]

    def run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stranger]:
    root = tmp_path_factory.mktemp("stranger")
    wheel = _wheel(root / "wheel")
    environment = root / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment), "platbase": str(environment)}))
    _pip("--python", str(environment / "bin" / "python"), "install", "--quiet", "--no-deps", str(wheel))
    # The dependencies are those of this run: what is to be found out is whether the wheel has everything of its own.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    folder = root / "project"
    (folder / "features").mkdir(parents=True)
    (folder / "features" / "nodes.feature").write_text(FEATURE)
    (folder / "two.yaml").write_text(TOPOLOGY)
    yield Stranger(
        folder,
        environment / "bin",
        {
            "PATH": os.pathsep.join([str(environment / "bin"), os.environ.get("PATH", os.defpath)]),
            "HOME": str(root),
            "LIQOLAB_HOME": str(root / "home"),
            "TMPDIR": str(root),
            "LANG": "C.UTF-8",
        },
    )
    assert not (root / "home").exists(), "clusters were left"
    assert not list(root.glob("liqolab-*")), "files were left"


@pytest.fixture(scope="module")
def clusters(stranger: Stranger) -> Iterator[list[str]]:
    """Clusters that are there already, as options."""
    stranger.run("liqolab", "up", "--without-liqo")
    made = Path(stranger.environment["LIQOLAB_HOME"]) / "playgrounds" / "default" / "clusters"
    yield [f"--liqolab-kubeconfig={name}={made / name / 'kubeconfig'}:kind-{name}" for name in ("venice", "naples")]
    stranger.run("liqolab", "down")


def test_the_wheel_is_what_runs(stranger: Stranger) -> None:
    said = stranger.run("python", "-c", "import liqolab, liqolab_tui; print(liqolab.__file__, liqolab_tui.__file__)")
    assert str(CHECKOUT) not in said
    assert said.count(str(stranger.programs.parent)) == 2
    # A name of everybody's is not ours to take.
    said = stranger.run("python", "-c", "from importlib.util import find_spec; print(find_spec('tui'))")
    assert said.strip() == "None"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_on_embedded_clusters(stranger: Stranger, workers: str) -> None:
    options = ("--liqolab-provider", "embedded", "--liqolab-topology", "two.yaml")
    said = stranger.run("python", "-m", "pytest", "-n", workers, *options, "-v")
    assert "2 passed" in said
    assert "features/nodes.feature::Nodes of naples" in said


@pytest.mark.parametrize("workers", ["0", "2"])
def test_on_clusters_given_by_kubeconfigs(stranger: Stranger, clusters: list[str], workers: str) -> None:
    options = (*clusters, "-m", "smoke", "--strict-markers")
    said = stranger.run("python", "-m", "pytest", "-n", workers, *options, "features")
    assert "2 passed" in said


def test_by_liqolabs_own_command(stranger: Stranger, clusters: list[str]) -> None:
    options = [option.replace("--liqolab-kubeconfig", "--kubeconfig") for option in clusters]
    report = stranger.folder / "report.html"
    said = stranger.run("liqolab", "test", *options, "--report", f"html={report}", "-k", "venice", "features")
    assert "1 passed, 1 deselected" in said
    assert "Nodes of venice" in report.read_text()


def _wheel(folder: Path) -> Path:
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    _pip("wheel", "--quiet", "--no-deps", *isolation, "--wheel-dir", str(folder), str(CHECKOUT))
    return next(folder.glob("liqolab-*.whl"))


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
