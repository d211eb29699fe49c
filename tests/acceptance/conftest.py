"""Every kubectl that can be found, each first on a PATH of its own."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kubectls import kubectls

# What the lesson's scripts call besides bash, for a PATH on which there is no kubectl.
PLAIN_PROGRAMS = ("bash", "sh", "cat", "dirname", "env")


@dataclass(frozen=True)
class OnPath:
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


@functools.cache
def on_paths() -> list[OnPath]:
    """All that can be found, and the lab's own."""
    rest = os.environ.get("PATH", os.defpath)
    real = [
        OnPath(_version(program), where, os.pathsep.join([str(program.parent), rest]))
        for program, where in kubectls().items()
    ]
    return [*real, OnPath("small", "lab", "")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever asks for a `kubectl` once with each; the name of a test says which version that is."""
    if "kubectl" in metafunc.fixturenames:
        metafunc.parametrize("kubectl", on_paths(), ids=str, scope="module", indirect=True)


@pytest.fixture(scope="module")
def kubectl(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OnPath:
    """One kubectl, first on its PATH; the lab's own comes where a PATH has none."""
    found: OnPath = request.param
    if found.path:
        return found
    plain = tmp_path_factory.mktemp("plain")
    for name in PLAIN_PROGRAMS:
        if program := shutil.which(name):
            (plain / name).symlink_to(program)
    return OnPath(found.version, found.where, str(plain))
