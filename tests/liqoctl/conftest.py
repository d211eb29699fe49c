"""The real command line as a process, against an embedded cluster that has Liqo's kinds but none of its controllers:
the tests play their part, so each outcome can be brought about at will.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
import pytest

from liqolab.apimachinery.builtin import CONFIG_MAPS, CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.http import HttpClient
from liqolab.controller.waiting import Store, wait_for
from liqolab.liqo.gen05 import crds
from liqolab.liqo.gen05.chart import manifests
from liqolab.liqo.gen05.resources import FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS
from tests.clusters import LESSON_VERSION, ClusterProcess, order, serving

COMMAND = (sys.executable, "-m", "liqolab.liqo.ctl")
VENICE_ID = "0f6bbe6c-0d8e-4a41-9d6e-1f6b1a0f7a11"
CLEARED = "\r" + " " * 80 + "\r"


@dataclass(frozen=True)
class Finished:
    code: int
    out: str
    err: str

    @property
    def outcomes(self) -> list[str]:
        """The lines that report something, without those that announce a step."""
        lines = self.out.replace(CLEARED, "").splitlines()
        return [line for line in lines if line.startswith(("INFO:", "WARN:", "ERRO:"))]


Liqoctl = Callable[..., Coroutine[Any, Any, Finished]]


def _environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("KUBECONFIG", "LIQO_DIALECT")}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[2])} | extra


@pytest.fixture
def liqoctl(tmp_path: Path) -> Liqoctl:
    """Runs one command line; `kubeconfig` goes to the environment."""

    async def run(*words: str, kubeconfig: Path | None = None, **environment: str) -> Finished:
        environment.setdefault("KUBECONFIG", str(kubeconfig or tmp_path / "absent"))
        process = await asyncio.create_subprocess_exec(
            *COMMAND, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment(**environment)
        )
        out, err = await process.communicate()
        return Finished(process.returncode or 0, out.decode(), err.decode())

    return run


@pytest.fixture
def cleared() -> str:
    """What stands before the outcome of a step when the output is not a terminal."""
    return CLEARED


class Terminal(pexpect.spawn):
    """A command line on a terminal of its own."""

    def wait_for_end(self) -> None:
        self.expect(pexpect.EOF)
        self.close()

    @property
    def lines(self) -> list[str]:
        """The lines that are left when the spinners are gone."""
        text = str(self.before).replace("\r\n", "\n")
        return [line.split("\r\x1b[K")[-1] for line in text.rstrip("\n").split("\n")]


@pytest.fixture
def liqoctl_terminal(cluster: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts one command line on a terminal, without colours."""
    started: list[Terminal] = []

    def start(*words: str) -> Terminal:
        environment = _environment(KUBECONFIG=str(cluster), NO_COLOR="1", TERM="xterm")
        child = Terminal(
            COMMAND[0], [*COMMAND[1:], *words], encoding="utf-8", timeout=30, dimensions=(40, 200), env=environment
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


def _venice(folder: Path) -> ClusterProcess:
    return order(folder, "venice", version=LESSON_VERSION, serviceCIDR="10.90.0.0/12")


@pytest.fixture(scope="session")
def embedded_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The kubeconfig of a running cluster."""
    process = _venice(tmp_path_factory.mktemp("cluster") / "venice")
    with serving(process):
        yield process.kubeconfig


@pytest.fixture
def new_cluster(tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of a cluster that has never seen Liqo."""
    process = _venice(tmp_path / "new")
    with serving(process):
        yield process.kubeconfig


@pytest.fixture
async def admin(embedded_cluster: Path) -> AsyncIterator[HttpClient]:
    async with HttpClient.from_kubeconfig(embedded_cluster) as client:
        yield client


@pytest.fixture
async def cluster(embedded_cluster: Path, admin: HttpClient) -> AsyncIterator[Path]:
    """The kubeconfig of a cluster that knows Liqo's kinds and says who it is, as after an installation."""
    for definition in crds.definitions():
        await _ensure(admin, CUSTOM_RESOURCE_DEFINITIONS, definition)
    names = {definition["metadata"]["name"] for definition in crds.definitions()}
    await wait_for(admin, CUSTOM_RESOURCE_DEFINITIONS, lambda store: _established(store) >= names, seconds=20)
    await _ensure(admin, NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "liqo"}})
    await _ensure(admin, CONFIG_MAPS, manifests.identity("liqo", "venice", VENICE_ID))
    yield embedded_cluster
    for resource in (FOREIGN_CLUSTERS, NAMESPACE_OFFLOADINGS):
        with suppress(ApiError):  # the kind is gone, or the object's namespace is being emptied already
            for left in (await admin.list(resource)).items:
                metadata = left["metadata"]
                await admin.delete(resource, metadata["name"], metadata.get("namespace"))


@pytest.fixture
async def namespace(cluster: Path, admin: HttpClient) -> AsyncIterator[str]:
    """A namespace of the test's own."""
    created = await admin.create(
        NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "demo-"}}
    )
    yield created["metadata"]["name"]
    await admin.delete(NAMESPACES, created["metadata"]["name"])


async def _ensure(client: HttpClient, resource: Resource, body: Object) -> None:
    try:
        await client.create(resource, body)
    except ApiError as error:
        if not error.already_exists:
            raise


def _established(store: Store) -> set[str]:
    return {
        definition["metadata"]["name"]
        for definition in store.values()
        for row in (definition.get("status") or {}).get("conditions") or []
        if row["type"] == "Established" and row["status"] == "True"
    }
