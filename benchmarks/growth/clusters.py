"""What only the lab has: many clusters on one machine at rest, and Liqo with many peers and many pods abroad."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from typing import Any

from benchmarks.growth.load import Seen, spread
from benchmarks.growth.planes import Plane, embedded
from benchmarks.growth.series import Costs, Sizes, Stopwatch, has_condition, steps
from benchmarks.lab import LIQOCTL
from benchmarks.processes import FailedError

_REST_SECONDS = 30.0
_SETTLE_SECONDS = 15.0
_REGION = "growth.test/region"


def at_rest(costs: Costs, sizes: Sizes) -> None:
    """Memory of so many clusters in all, and processor time that they need to do nothing."""
    for size in sizes:
        started = time.perf_counter()
        with embedded(size, ("kindnet", "kube-proxy")) as planes:
            plane = _all(planes)
            costs.add("clusters up", plane.name, size, time.perf_counter() - started, plane.cpu())
            time.sleep(_SETTLE_SECONDS)
            watch = Stopwatch(plane)
            time.sleep(_REST_SECONDS)
            wall, cpu = watch.read()
            costs.add("memory of clusters at rest", plane.name, size, plane.memory(), 0)
            costs.add("processor of clusters at rest", plane.name, size, cpu / wall * 100, cpu)


def liqo(costs: Costs, peers: Sizes, pods: Sizes) -> None:
    """One cluster that peers with more and more, and offloads more and more pods to the first of them."""
    with embedded(1 + max(peers), ("kindnet", "kube-proxy")) as planes:
        for plane in planes:
            name = plane.kubeconfig.parent.name
            _liqoctl(plane, "install", "kind", "--cluster-name", name, "--cluster-labels", f"{_REGION}={name}")
        home, all_ = planes[0], _all(planes)
        with Seen(home.kubeconfig, "/api/v1/nodes", _is_virtual_and_ready) as nodes:
            watch = Stopwatch(all_)
            for known, size in steps(peers):
                for provider in planes[known + 1 : size + 1]:
                    command = _liqoctl(provider, "generate", "peer-command", "--only-command")
                    _liqoctl(home, *shlex.split(command)[1:])
                nodes.wait(size)
                costs.add("Liqo peers", home.name, size, *watch.read())
        _offload(home, all_, costs, pods)


def _offload(home: Plane, all_: Plane, costs: Costs, sizes: Sizes) -> None:
    spread(home.kubeconfig, [("POST", "/api/v1/namespaces", {"metadata": {"name": "abroad"}})])
    _liqoctl(home, "offload", "namespace", "abroad", "--pod-offloading-strategy", "Remote")
    path = "/api/v1/namespaces/abroad/pods"
    with Seen(home.kubeconfig, path, lambda pod: (pod.get("status") or {}).get("phase") == "Running") as running:
        watch = Stopwatch(all_)
        for known, size in steps(sizes):
            spread(home.kubeconfig, (("POST", path, _pod(number)) for number in range(known, size)))
            running.wait(size)
            costs.add("pods abroad", home.name, size, *watch.read())


def _pod(number: int) -> object:
    return {"metadata": {"name": f"growth-{number:05d}"}, "spec": {"containers": [{"name": "c", "image": "growth:1"}]}}


def _is_virtual_and_ready(node: Any) -> bool:
    labels = node["metadata"].get("labels") or {}
    return labels.get("liqo.io/type") == "virtual-node" and has_condition(node, "Ready")


def _all(planes: list[Plane]) -> Plane:
    return Plane(planes[0].name, planes[0].kubeconfig, [pid for plane in planes for pid in plane.pids])


def _liqoctl(plane: Plane, *arguments: str) -> str:
    environment = os.environ | {"KUBECONFIG": str(plane.kubeconfig)}
    done = subprocess.run([*LIQOCTL, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise FailedError(f"liqoctl {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
    return done.stdout
