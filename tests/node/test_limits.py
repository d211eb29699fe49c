"""Scripts that want all there is: the cluster goes on working, its memory stays bounded, and a delete ends each."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.controller.http import HttpClient
from liqolab.controller.waiting import wait_for
from liqolab.playground.embedded import process_id
from tests.clusters import order, serving

pytestmark = pytest.mark.journey

MOST_MEGABYTES = 700

HUNGRY = {
    "flood": "while true; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
    "forks": ":(){ :|:& };:; sleep 1000",
    "jobs": "while true; do sleep 100 & done",
    "recursion": "f(){ f; }; f; sleep 1000",
    "variable": "x=x; while true; do x=$x$x; done",
    "array": "while true; do a+=(xxxxxxxxxx); done",
    "regex": "[[ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! =~ ^(a+)+$ ]]; sleep 1000",
    "files": "i=0; while true; do i=$((i+1)); head -c 1000000 /dev/zero > /tmp/$i; done",
    "substitution": 'x=$(yes | head -c 100000); while true; do x="${x//y/yyyy}"; done',
    "loop": "while :; do :; done",
}


def _pod(name: str, script: str) -> Any:
    container = {"name": "c", "image": "bash", "command": ["bash", "-c", script]}
    spec = {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1}
    return PODS.manifest(name, "default", spec=spec)


def _megabytes(folder: Path) -> int:
    """The most that the cluster's process has ever had."""
    pid = process_id(folder)
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


async def test_hungry_scripts_starve_nobody(tmp_path: Path) -> None:
    with serving(order(tmp_path / "hungry")) as clusters:
        cluster = clusters["hungry"]
        async with HttpClient.from_kubeconfig(cluster.kubeconfig) as client:
            for name, script in HUNGRY.items():
                await client.create(PODS, _pod(name, script), "default")
                await wait_for(client, PODS, _has_begun, "default", name=name, seconds=60)
                # Somebody else's pod starts beside it, says what it has to say and ends.
                await client.create(PODS, _pod(f"beside-{name}", "echo well"), "default")
                await wait_for(client, PODS, _has_succeeded, "default", name=f"beside-{name}", seconds=60)
                await client.delete(PODS, name, "default")
                await wait_for(client, PODS, lambda store: not store, "default", name=name, seconds=60)
                used = await asyncio.to_thread(_megabytes, cluster.folder)
                assert used < MOST_MEGABYTES, (name, used)


def _has_begun(store: Any) -> bool:
    return any(meta.get_path(pod, "status", "phase") not in (None, "Pending") for pod in store.values())


def _has_succeeded(store: Any) -> bool:
    return any(meta.get_path(pod, "status", "phase") == "Succeeded" for pod in store.values())
