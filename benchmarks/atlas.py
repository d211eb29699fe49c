"""The live picture of three clusters with a thousand pods each: what it costs at rest, and how fast it shows a change.

``python -m benchmarks atlas`` measures it alone. The process that measures is the process that holds the atlas: while
it is measured at rest, nothing else runs in it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

from benchmarks.figures import Report
from benchmarks.lab import Lab
from benchmarks.latency import Connection
from benchmarks.processes import memory
from liqolab.atlas.live import Atlas
from liqolab.atlas.world import World

CLUSTERS: Final = ("one", "two", "three")
PODS: Final = 1000
CHANGES: Final = 30
REST_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = 0.2
SETTLE_SECONDS: Final = 600.0
CHANGE_SECONDS: Final = 30.0

_PLAYGROUND: Final = "bench-atlas"
_WORKERS: Final = PODS // 100 + 1
"""A node takes 110 pods."""
_KIND_CONFIG: Final = {
    "kind": "Cluster",
    "apiVersion": "kind.x-k8s.io/v1alpha4",
    "nodes": [{"role": "control-plane"}, *({"role": "worker"} for _ in range(_WORKERS))],
}
_DEPLOYMENTS: Final = "/apis/apps/v1/namespaces/default/deployments"
_PODS_PATH: Final = "/api/v1/namespaces/default/pods"
_MERGE_PATCH: Final = "application/merge-patch+json"


def measure(lab: Lab, report: Report, repeat: int) -> None:
    """Fill three clusters with pods, and look at them; `repeat` is how often a first picture is taken."""
    kubeconfigs = {name: lab.home / "playgrounds" / _PLAYGROUND / "clusters" / name / "kubeconfig" for name in CLUSTERS}
    try:
        _create(lab)
        for path in kubeconfigs.values():
            Connection(path).request("POST", _DEPLOYMENTS, _deployment())
        asyncio.run(_settle(kubeconfigs))
        for _ in range(repeat):
            asyncio.run(_first(kubeconfigs, report))
        asyncio.run(_live(kubeconfigs, report))
    finally:
        lab.liqolab("down", "--playground", _PLAYGROUND)


def _create(lab: Lab) -> None:
    config = lab.home / "many-nodes.yaml"
    config.parent.mkdir(exist_ok=True)
    config.write_text(json.dumps(_KIND_CONFIG))
    for name in CLUSTERS:
        command = f"kind create cluster --name {name} --config {config} --kubeconfig {lab.home}/{name}"
        lab.liqolab("shell", "--playground", _PLAYGROUND, "-c", command)


def _deployment() -> dict[str, object]:
    labels = {"many": "yes"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "example.org/quiet"}]}}
    spec = {"replicas": PODS, "selector": {"matchLabels": labels}, "template": template}
    return {"metadata": {"name": "many"}, "spec": spec}


def _running(atlas: Atlas) -> int:
    return sum(pod.namespace == "default" and pod.ready for view in atlas.world.clusters for pod in view.pods)


async def _settle(kubeconfigs: Mapping[str, Path]) -> None:
    """Wait until all pods run."""
    async with asyncio.timeout(SETTLE_SECONDS), Atlas(lambda: kubeconfigs) as atlas:
        async for _ in atlas.changes():
            if _running(atlas) == len(CLUSTERS) * PODS:
                return


async def _first(kubeconfigs: Mapping[str, Path], report: Report) -> None:
    started = time.perf_counter()
    async with Atlas(lambda: kubeconfigs) as atlas:
        async for _ in atlas.changes():
            if _running(atlas) == len(CLUSTERS) * PODS:
                report.add("atlas_first", (time.perf_counter() - started) * 1000)
                return


async def _live(kubeconfigs: Mapping[str, Path], report: Report) -> None:
    async with Atlas(lambda: kubeconfigs) as atlas:
        changes = atlas.changes()
        async for _ in changes:
            if _running(atlas) == len(CLUSTERS) * PODS:
                break
        await asyncio.sleep(1)
        before, started = time.process_time(), time.perf_counter()
        await asyncio.sleep(REST_SECONDS)
        report.add("atlas_idle", (time.process_time() - before) / (time.perf_counter() - started) * 100)
        report.add("atlas_memory", memory(_own_pid()).rss)
        # Not earlier: servers close connections that nobody uses.
        connections = {name: Connection(path) for name, path in kubeconfigs.items()}
        for number in range(CHANGES):
            cluster = CLUSTERS[number % len(CLUSTERS)]
            app = f"changed-{number}"
            report.add("atlas_change", await _change(changes, atlas.world, cluster, connections[cluster], app))
            # People do not make changes faster than pictures are shown.
            await asyncio.sleep(PAUSE_SECONDS)


async def _change(changes: AsyncIterator[World], world: World, cluster: str, connection: Connection, app: str) -> float:
    """Milliseconds from before the request that relabels a pod until a picture shows it."""
    view = world.cluster(cluster)
    assert view is not None
    pod = next(pod for pod in view.pods if pod.namespace == "default")
    changed = {"metadata": {"labels": {"app": app}}}
    started = time.perf_counter()
    asking = asyncio.ensure_future(
        asyncio.to_thread(connection.request, "PATCH", f"{_PODS_PATH}/{pod.name}", changed, _MERGE_PATCH)
    )
    async with asyncio.timeout(CHANGE_SECONDS):
        async for world in changes:
            found = world.cluster(cluster)
            if found is not None and any(pod.app == app for pod in found.pods):
                break
    taken = (time.perf_counter() - started) * 1000
    await asking
    return taken


def _own_pid() -> int:
    return int(Path("/proc/self").readlink().name)
