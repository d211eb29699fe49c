"""What the lab's shell says of programs that Liqo's pages call and this machine does not have."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from liqolab.playground.home import Playground
from liqolab.playground.shell import prepare


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a shell on a PATH with a bash and nothing else of interest."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("bash", "sh"):
        (programs / name).symlink_to(shutil.which(name) or "")
    shell = prepare(Playground("bare", tmp_path / "home"), "bare", None, environ={"PATH": str(programs)})
    return dict(shell.environment)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "helm repo add bitnami https://charts.bitnami.com/bitnami",
            "helm is not installed on this machine: install it",
        ),
        ("k3d cluster create edgedns", "kind create cluster --name"),
        ("docker ps", "embedded clusters need none"),
        ("nothing", "bash: line 1: nothing: command not found"),
    ],
)
def test_a_missing_program_is_said_to_be_missing_and_what_to_do(
    environment: dict[str, str], command: str, said: str
) -> None:
    done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 127
    assert said in done.stderr


def test_scripts_still_see_that_it_is_missing(environment: dict[str, str]) -> None:
    command = ["bash", "-c", "command -v helm || echo none"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "none\n"
