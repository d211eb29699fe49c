"""Providers to be held to their promises: the embedded one everywhere, KinD's own where somebody asks for it.

Whoever runs the tests marked `kind` has `kind` and a container engine, and names a node image in ``LIQOLAB_NODE_IMAGE``
where none can be pulled.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from liqolab.playground.home import Playground
from liqolab.playground.provider import Provider
from liqolab.playground.providers import EMBEDDED, KIND, chosen, provider_of, settle
from liqolab.playground.topology import ClusterSpec, from_kind_config
from tests.clusters import ClusterProcess
from tests.laboratory import Laboratory, used
from tests.providers import stand_ins

_PASSED_ON = ("DOCKER_HOST", "KIND_EXPERIMENTAL_PROVIDER", "LIQOLAB_NODE_IMAGE", "XDG_RUNTIME_DIR")


@dataclass(frozen=True)
class Bench:
    """A provider with a playground of its own, and names that nobody else on this machine has."""

    provider: Provider
    mark: str

    def name(self, letter: str) -> str:
        return f"pv-{letter}-{self.mark}"

    def spec(self, letter: str, config: Path | None = None) -> ClusterSpec:
        return from_kind_config(self.name(letter), config)

    @property
    def playground(self) -> Playground:
        return self.provider.playground

    def states(self) -> dict[str, str]:
        return {status.name: status.state for status in asyncio.run(self.provider.status())}

    def crash(self, name: str) -> None:
        """What a power cut does to a cluster."""
        if self.provider.name == KIND:
            engine("kill", f"{name}-control-plane")
            return
        ClusterProcess(self.playground.clusters / name).kill()

    def left(self) -> list[str]:
        """Everything of this bench that runs or lies about, whatever the provider says."""
        folders = [str(path) for path in self.playground.clusters.glob("*")]
        return folders + (containers(self.mark) if self.provider.name == KIND else [])


def engine(*arguments: str, code: int = 0) -> str:
    """What a command of the container engine prints."""
    done = subprocess.run([_program(), *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout


def _program() -> str:
    return os.environ.get("KIND_EXPERIMENTAL_PROVIDER") or "docker"


@contextmanager
def on_kind(root: Path, patience: int = 120) -> Iterator[Laboratory]:
    """A laboratory whose clusters are real KinD's, and which has what a container engine is told by variables."""
    stand_ins.make(_program())
    told = {name: value for name in _PASSED_ON if (value := os.environ.get(name))}
    with used(root, patience, **told, LIQOLAB_PROVIDER="kind") as found:
        yield found


def containers(mark: str) -> list[str]:
    names = engine("ps", "-a", "--format", "{{.Names}}").split()
    return [name for name in names if mark in name]


def kubectl(kubeconfig: Path, *arguments: str, typed: str = "") -> str:
    """What it prints; it goes well."""
    command = [shutil.which("kubectl") or "kubectl", "--kubeconfig", str(kubeconfig), *arguments]
    done = subprocess.run(command, input=typed, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=[EMBEDDED, pytest.param(KIND, marks=pytest.mark.kind)])
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Nothing of it is left, whatever happened."""
    playground = Playground("providers", tmp_path_factory.mktemp(request.param))
    settle(playground, chosen(request.param))
    made = Bench(provider_of(playground), secrets.token_hex(2))
    try:
        yield made
    finally:
        asyncio.run(made.provider.delete_all())
    assert made.left() == []


@pytest.fixture(scope="module")
def cluster(bench: Bench) -> str:
    """The name of a cluster that runs, and is left running by all who use it."""
    asyncio.run(bench.provider.create([bench.spec("a")]))
    return bench.name("a")
