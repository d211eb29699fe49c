"""Two thousand pods that sleep, in one cluster of twenty nodes: what they cost to start, and what they cost at rest."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.figures import Report
from benchmarks.lab import Lab
from benchmarks.processes import FailedError, cpu_seconds, memory
from liqolab.apimachinery.builtin import DEPLOYMENTS
from liqolab.controller.http import HttpClient
from liqolab.controller.waiting import wait_for

PODS: Final = 2000
_NODES: Final = 20
_REST_SECONDS: Final = 30.0
_SETTLE_SECONDS: Final = 15.0
"""Events are written after what they tell of."""

_LONGEST_SECONDS: Final = 600.0


def measure(lab: Lab, report: Report, repeat: int) -> None:
    """Start the pods, once whatever `repeat` says, and look at the process at rest.

    Raises:
        FailedError: the cluster does not start.
    """
    folder = lab.home / "sleepers"
    folder.mkdir(mode=0o700)
    names = ["sleepers-control-plane", *(f"sleepers-worker{number}" for number in range(1, _NODES))]
    document = {
        "name": "sleepers",
        "version": "v1.34.0",
        "podCIDR": "10.200.0.0/16",
        "serviceCIDR": "10.80.0.0/12",
        "nodes": [
            {"name": name, "role": "worker" if number else "control-plane", "labels": {}}
            for number, name in enumerate(names)
        ],
        "apiServer": {"address": "127.0.0.1", "port": 0},
        "kubeconfigName": "kind-sleepers",
    }
    (folder / "cluster.json").write_text(json.dumps(document))
    command = [sys.executable, "-m", "liqolab.kube", "serve", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=lab.environment, check=False)
    if done.returncode != 0:
        raise FailedError(done.stdout + done.stderr)
    pid = int(json.loads(done.stdout)["pid"])
    try:
        asyncio.run(_sleep(folder, pid, report))
    finally:
        subprocess.run(["kill", str(pid)], check=False)


async def _sleep(folder: Path, pid: int, report: Report) -> None:
    async with HttpClient.from_kubeconfig(folder / "kubeconfig") as client:
        await asyncio.sleep(_SETTLE_SECONDS)
        before, threads = memory(pid), _threads(pid)
        started, used = time.perf_counter(), cpu_seconds(pid)
        await client.create(DEPLOYMENTS, _deployment(), "default")
        await wait_for(
            client,
            DEPLOYMENTS,
            lambda store: any((item["status"].get("availableReplicas") or 0) == PODS for item in store.values()),
            "default",
            name="sleepers",
            seconds=_LONGEST_SECONDS,
        )
        report.add("sleepers_start", time.perf_counter() - started)
        report.add("sleepers_start_cpu", cpu_seconds(pid) - used)
        await asyncio.sleep(_SETTLE_SECONDS)
        report.add("sleepers_memory", (memory(pid).rss - before.rss) * 1024 / PODS)
        report.add("sleepers_threads", _threads(pid) - threads)
        used = cpu_seconds(pid)
        await asyncio.sleep(_REST_SECONDS)
        report.add("sleepers_rest", (cpu_seconds(pid) - used) / _REST_SECONDS * 100)


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def _deployment() -> dict[str, object]:
    labels = {"app": "sleepers"}
    container = {"name": "c", "image": "busybox", "command": ["sh", "-c", "echo asleep; sleep infinity"]}
    spec = {
        "replicas": PODS,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    }
    return DEPLOYMENTS.manifest("sleepers", "default", spec=spec)
