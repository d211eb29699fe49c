"""Clusters for tests, in each of the ways in which one is needed; nothing else here starts one.

`ClusterProcess`
    An operating-system process, as playgrounds have them: it can be killed, and started again.
`serving`
    Several of them, started by one warm process and ended together; `with_liqo` and `peer` take them further.
`in_process`
    A cluster in the test's own event loop: for tests that look at what only the process itself can see.

What is under test in all of them is the product's own way of starting. For a whole playground, made by `liqolab` as a
person makes one, see `tests.laboratory`.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liqolab.controller.http import HttpClient
from liqolab.controller.manager import Manager
from liqolab.kube import cluster as clusters
from liqolab.playground.embedded import process_id

Object = dict[str, Any]

REGIONS = {"venice": "north", "florence": "center", "naples": "south"}
"""The clusters of the lesson, and where each says it is."""

LESSON_VERSION = "v1.23.6"
"""What the lesson's clusters call themselves; Liqo 0.5 was made for it."""

_START_SECONDS = 100
_READY_SECONDS = 20


@dataclass
class ClusterProcess:
    """A cluster's folder and the process that serves it, which may be killed and started again."""

    folder: Path
    server: str = ""
    pid: int = 0

    @property
    def name(self) -> str:
        return str(json.loads((self.folder / "cluster.json").read_text())["name"])

    @property
    def kubeconfig(self) -> Path:
        return self.folder / "kubeconfig"

    @property
    def node_address(self) -> str:
        return str(json.loads((self.folder / "run.json").read_text())["nodeAddress"])

    def start(self) -> Object:
        """Start it; the line that the starter printed, which may tell of an error."""
        line: Object = json.loads(serve(self.folder).stdout)
        self.server, self.pid = line.get("server", ""), line.get("pid", 0)
        return line

    def stop(self, number: int = signal.SIGTERM) -> None:
        """End the process, if it runs, and wait until it has let go of its folder."""
        if (pid := process_id(self.folder)) is not None:
            os.kill(pid, number)
            with (self.folder / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)

    def kill(self) -> None:
        """``kill -9``."""
        self.stop(signal.SIGKILL)

    def liqoctl(self, *arguments: str) -> str:
        """What a `liqoctl` command about this cluster prints; it goes well."""
        environment = os.environ | {"KUBECONFIG": str(self.kubeconfig)}
        return _run([sys.executable, "-m", "liqolab.liqo.ctl", *arguments], environment)


def order(folder: Path, name: str = "", **settings: Any) -> ClusterProcess:
    """Write the ``cluster.json`` of a cluster that is called as its folder is; nothing is started.

    Args:
        folder: the cluster's; made if it is not there.
        name: another name than the folder's.
        settings: fields of ``cluster.json``.
    """
    name = name or folder.name
    folder.mkdir(mode=0o700, exist_ok=True)
    document = {
        "name": name,
        "version": "v1.33.4",
        "podCIDR": "10.200.0.0/16",
        "serviceCIDR": "10.80.0.0/12",
        "nodes": [{"name": f"{name}-control-plane", "role": "control-plane", "labels": {}}],
        "apiServer": {"address": "127.0.0.1", "port": 0},
        "kubeconfigName": f"kind-{name}",
    }
    (folder / "cluster.json").write_text(json.dumps(document | settings))
    return ClusterProcess(folder)


def serve(*folders: Path) -> subprocess.CompletedProcess[str]:
    """``python -m liqolab.kube serve``, however it ends."""
    command = [sys.executable, "-m", "liqolab.kube", "serve", *map(str, folders)]
    return subprocess.run(command, capture_output=True, text=True, timeout=_START_SECONDS, check=False)


def start(*processes: ClusterProcess) -> None:
    """Start clusters that are not running; all of them come up."""
    done = serve(*(process.folder for process in processes))
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def serving(*processes: ClusterProcess) -> Iterator[dict[str, ClusterProcess]]:
    """Name → cluster, for the length of the block; what runs at its end is killed."""
    try:
        start(*processes)
        yield {process.name: process for process in processes}
    finally:
        for process in processes:
            process.kill()


@contextmanager
def with_liqo(root: Path) -> Iterator[dict[str, ClusterProcess]]:
    """The lesson's three clusters, with Liqo installed in each; none has heard of another."""
    with serving(*(order(root / name, version=LESSON_VERSION) for name in REGIONS)) as found:
        with ThreadPoolExecutor() as threads:
            list(threads.map(_install_liqo, found.values()))
        yield found


def peer(home: ClusterProcess, provider: ClusterProcess) -> None:
    """Peer `home` with `provider`, by the command that the provider generates."""
    command = provider.liqoctl("generate", "peer-command", "--only-command")
    home.liqoctl(*shlex.split(command)[1:])


@asynccontextmanager
async def in_process(
    folder: Path, *, control_plane: bool = True, **settings: Any
) -> AsyncIterator[tuple[clusters.Cluster, HttpClient]]:
    """A cluster in this event loop and its administrator's client, which reaches it over HTTPS like any other.

    Args:
        folder: the cluster's; it may have run in there before, and `settings` are for one that has not.
        control_plane: false for an API server alone, whose controllers are the test's business.
        settings: see `order`.
    """
    if not await asyncio.to_thread(folder.exists):
        order(folder, **settings)
    cluster = clusters.Cluster(folder) if control_plane else _ServerAlone(folder)
    await cluster.start()
    try:
        if control_plane:
            async with asyncio.timeout(_READY_SECONDS):
                await cluster.ready()
        async with HttpClient.from_kubeconfig(folder / "kubeconfig") as client:
            yield cluster, client
    finally:
        await cluster.stop()


class _ServerAlone(clusters.Cluster):
    """A cluster in which nobody works on the objects."""

    def _control_plane(self) -> Manager:
        return Manager(self.client_for("nobody"))


def _install_liqo(cluster: ClusterProcess) -> None:
    labels = f"topology.liqo.io/region={REGIONS[cluster.name]}"
    cluster.liqoctl("install", "kind", "--cluster-name", cluster.name, "--cluster-labels", labels)


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
