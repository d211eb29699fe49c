"""What is measured: embedded clusters, and a real control plane where somebody has built one.

Both are started for the measurement and ended after it. Beside the time by the clock, the processor time of all their
processes is read: that of a busy machine says nothing, this does.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import cpu_seconds, memory

OURS = "embedded"
REAL = "Kubernetes"
_PORT = 18643
_UNTHROTTLED = ("--kube-api-qps=2000", "--kube-api-burst=2000")
"""The real scheduler allows itself fifty requests a second; nobody's machine is the reason."""


@dataclass(slots=True)
class Plane:
    """A control plane that runs.

    Attributes:
        name: `OURS` or `REAL`.
        kubeconfig: an administrator's.
        pids: all its processes.
        beating: names of nodes that have no kubelet, for which somebody has to post heartbeats.
    """

    name: str
    kubeconfig: Path
    pids: list[int]
    beating: list[str] = field(default_factory=list)

    def cpu(self) -> float:
        """Processor time used so far."""
        return sum(map(cpu_seconds, self.pids))

    def memory(self) -> float:
        """MB, shared pages shared out."""
        return sum(memory(pid).pss for pid in self.pids)


@dataclass(frozen=True, slots=True)
class Oracle:
    """A real control plane that can be started: ``start FOLDER PORT`` leaves its kubeconfig and the numbers of its
    processes in ``FOLDER/run-PORT/{kubeconfig,pids}``.
    """

    folder: Path
    start: Path


@contextmanager
def embedded(count: int = 1, addons: tuple[str, ...] = ()) -> Iterator[list[Plane]]:
    """Embedded clusters of one node each; without daemon sets, which a real control plane does not have either."""
    with tempfile.TemporaryDirectory(prefix="liqolab-growth-") as root:
        folders = [_order(Path(root) / f"growth-{number}", list(addons)) for number in range(count)]
        planes = []
        try:
            for some in range(0, count, 10):
                planes += _serve(folders[some : some + 10])
            yield planes
        finally:
            for folder in folders:
                with contextlib.suppress(OSError, ValueError, KeyError):
                    _end(json.loads((folder / "run.json").read_text())["pid"])


def _order(folder: Path, addons: list[str]) -> Path:
    folder.mkdir(mode=0o700)
    document = {
        "name": folder.name,
        "version": "v1.34.4",
        "podCIDR": "10.200.0.0/16",
        "serviceCIDR": "10.80.0.0/12",
        "nodes": [{"name": f"{folder.name}-control-plane", "role": "control-plane", "labels": {}}],
        "apiServer": {"address": "127.0.0.1", "port": 0},
        "kubeconfigName": folder.name,
        "addons": addons,
    }
    (folder / "cluster.json").write_text(json.dumps(document))
    return folder


def _serve(folders: list[Path]) -> list[Plane]:
    command = [sys.executable, "-m", "liqolab.kube", "serve", *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    return [Plane(OURS, folder / "kubeconfig", [rows[folder.name]["pid"]]) for folder in folders]


@contextmanager
def real(oracle: Oracle) -> Iterator[Plane]:
    """The real one."""
    run = oracle.folder / f"run-{_PORT}"
    try:
        subprocess.run(["bash", str(oracle.start), str(oracle.folder), str(_PORT)], check=True, capture_output=True)
        pids = [_unthrottled(pid, run) for pid in map(int, (run / "pids").read_text().split())]
        (run / "pids").write_text("\n".join(map(str, pids)))
        yield Plane(REAL, run / "kubeconfig", pids)
    finally:
        for pid in (run / "pids").read_text().split():
            _end(int(pid))


def _unthrottled(pid: int, folder: Path) -> int:
    """The scheduler, started again without its limit; any other process as it is."""
    command = Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")
    if Path(command[0]).name != "kube-scheduler":
        return pid
    _end(pid)
    with (folder / "scheduler.log").open("ab") as log:
        started = subprocess.Popen([*command, *_UNTHROTTLED], cwd=folder, stdout=log, stderr=log)
    return started.pid


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
