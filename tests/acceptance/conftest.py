"""Every kubectl that can be found, and a laboratory with a home of its own for whoever needs one."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]

# What the lesson's scripts call besides bash, for a PATH on which there is no kubectl.
PLAIN_PROGRAMS = ("bash", "sh", "cat", "dirname", "env")


@dataclass(frozen=True)
class Kubectl:
    """One kubectl: its version, and the PATH on which it is the first."""

    version: str
    where: str
    path: str

    def __str__(self) -> str:
        return f"{self.version}-{self.where}"


def _version(program: Path) -> str:
    done = subprocess.run([program, "version", "--client", "-o", "json"], capture_output=True, text=True, check=False)
    try:
        return str(json.loads(done.stdout)["clientVersion"]["gitVersion"])
    except (ValueError, KeyError):
        return "unknown"


def _programs() -> dict[Path, str]:
    """Path → where it comes from; the machine's own first."""
    found = {Path(own): "machine"} if (own := shutil.which("kubectl")) else {}
    for path in sorted(CHECKOUT.glob(".kubectls/*/usr/bin/kubectl")):
        found.setdefault(path, path.parents[2].name)
    for text in os.environ.get("LIQOLAB_KUBECTLS", "").split(os.pathsep):
        if text and Path(text).exists():
            found.setdefault(Path(text), "named")
    return found


@functools.cache
def kubectls() -> list[Kubectl]:
    """All that can be found, and the lab's own."""
    rest = os.environ.get("PATH", os.defpath)
    real = [
        Kubectl(_version(program), where, os.pathsep.join([str(program.parent), rest]))
        for program, where in _programs().items()
    ]
    return [*real, Kubectl("small", "lab", "")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever asks for a `kubectl` once with each; the name of a test says which version that is."""
    if "kubectl" in metafunc.fixturenames:
        metafunc.parametrize("kubectl", kubectls(), ids=str, scope="module", indirect=True)


@pytest.fixture(scope="module")
def kubectl(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    """One kubectl, first on its PATH; the lab's own comes where a PATH has none."""
    found: Kubectl = request.param
    if found.path:
        return found
    plain = tmp_path_factory.mktemp("plain")
    for name in PLAIN_PROGRAMS:
        if program := shutil.which(name):
            (plain / name).symlink_to(program)
    return Kubectl(found.version, found.where, str(plain))


class Laboratory:
    """`liqolab` with a home, a person and a folder for temporary files that nobody else uses."""

    def __init__(self, root: Path, path: str | None = None) -> None:
        self.home = root / "home"
        self.scratch = root / "scratch"
        for folder in (self.scratch, root / "person"):
            folder.mkdir()
        self.environment = {
            "PATH": path or os.environ.get("PATH", os.defpath),
            "HOME": str(root / "person"),
            "TMPDIR": str(self.scratch),
            "LIQOLAB_HOME": str(self.home),
            "LANG": "C.UTF-8",
        }

    def liqolab(self, *arguments: str, code: int | None = 0) -> str:
        """Standard output and error of a command, in the order in which they came."""
        done = subprocess.run(
            [sys.executable, "-m", "liqolab.cli", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert code in (None, done.returncode), f"exit code {done.returncode}:\n{done.stdout}"
        return done.stdout

    def kubeconfig(self, cluster: str) -> Path:
        return self.home / "playgrounds" / "default" / "clusters" / cluster / "kubeconfig"


@pytest.fixture(scope="session")
def laboratory() -> type[Laboratory]:
    return Laboratory
