"""The measurements. Each grows something step by step on a control plane and notes, at each size, what it has cost."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.growth.load import Call, Seen, heartbeats, now, read, spread
from benchmarks.growth.planes import Plane
from benchmarks.latency import Connection

Sizes = Sequence[int]

_REST_SECONDS = 10.0


@dataclass(slots=True)
class Costs:
    """Samples by series, plane and size: (seconds by the clock, seconds of processor time); of memory: (MB, 0)."""

    samples: dict[str, dict[str, dict[int, list[tuple[float, float]]]]] = field(default_factory=dict)

    def add(self, series: str, plane: str, size: int, wall: float, cpu: float) -> None:
        """Take in one sample."""
        self.samples.setdefault(series, {}).setdefault(plane, {}).setdefault(size, []).append((wall, cpu))

    def take(self, samples: dict[str, dict[str, dict[str, list[tuple[float, float]]]]]) -> None:
        """Take in samples that were kept as JSON."""
        for series, planes in samples.items():
            for plane, sizes in planes.items():
                for size, rows in sizes.items():
                    for wall, cpu in rows:
                        self.add(series, plane, int(size), wall, cpu)


class Stopwatch:
    """What has been spent on a plane since it was made.

    Args:
        plane: the plane.
        rest: processor time that it needs each second for what goes on anyway, which does not count.
    """

    def __init__(self, plane: Plane, rest: float = 0.0) -> None:
        self._plane, self._wall, self._cpu, self._rest = plane, time.perf_counter(), plane.cpu(), rest

    def read(self) -> tuple[float, float]:
        """Seconds by the clock and of the plane's processors."""
        wall = time.perf_counter() - self._wall
        return wall, max(0.0, self._plane.cpu() - self._cpu - self._rest * wall)


def nodes_and_pods(plane: Plane, costs: Costs, nodes: Sizes, pods: Sizes) -> None:
    """Nodes until none has a taint, then pods on them until each has one."""
    ready = Seen(plane.kubeconfig, "/api/v1/nodes", lambda node: _is_ours(node) and not node["spec"].get("taints"))
    with ready, heartbeats(plane):
        watch = Stopwatch(plane)
        for known, size in steps(nodes):
            spread(plane.kubeconfig, map(_node, range(known, size)))
            costs.add("nodes created", plane.name, size, *watch.read())
            plane.beating += map(_node_name, range(known, size))
            ready.wait(size)
            costs.add("nodes ready", plane.name, size, *watch.read())
        _pods(plane, costs, pods)
    costs.add("memory with all of it", plane.name, pods[-1], plane.memory(), 0)


def _pods(plane: Plane, costs: Costs, sizes: Sizes) -> None:
    path = "/api/v1/namespaces/default/pods"
    rest = _rest(plane)
    creating = scheduling = creating_cpu = scheduling_cpu = 0.0
    with Seen(plane.kubeconfig, path, lambda pod: pod["spec"].get("nodeName")) as bound:
        for known, size in steps(sizes):
            watch = Stopwatch(plane, rest)
            spread(plane.kubeconfig, (("POST", path, _pod(number)) for number in range(known, size)))
            wall, cpu = watch.read()
            creating, creating_cpu = creating + wall, creating_cpu + cpu
            bound.wait(size)
            wall, cpu = watch.read()
            scheduling, scheduling_cpu = scheduling + wall, scheduling_cpu + cpu
            costs.add("pods created", plane.name, size, creating, creating_cpu)
            costs.add("pods scheduled", plane.name, size, scheduling, scheduling_cpu)
            _lists(plane, costs, path, size, rest)


def _rest(plane: Plane) -> float:
    """Processor time a second that heartbeats of a thousand nodes take, whatever else happens."""
    watch = Stopwatch(plane)
    time.sleep(_REST_SECONDS)
    wall, cpu = watch.read()
    return cpu / wall


def _lists(plane: Plane, costs: Costs, path: str, size: int, rest: float) -> None:
    with contextlib.closing(Connection(plane.kubeconfig)) as connection:
        watch = Stopwatch(plane, rest)
        for _ in range(5):
            connection.request("GET", path)
        costs.add("list of pods, five times", plane.name, size, *watch.read())


def namespaces(plane: Plane, costs: Costs, sizes: Sizes) -> None:
    """Namespaces until each has its service account."""

    def wanted(account: Any) -> bool:
        return str(account["metadata"]["namespace"]).startswith("growth-")

    def call(number: int) -> Call:
        return "POST", "/api/v1/namespaces", {"metadata": {"name": f"growth-{number:05d}"}}

    _grow(plane, costs, sizes, "namespaces", call, Seen(plane.kubeconfig, "/api/v1/serviceaccounts", wanted))


def definitions(plane: Plane, costs: Costs, sizes: Sizes) -> None:
    """Large CustomResourceDefinitions until each is established."""
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    seen = Seen(plane.kubeconfig, path, lambda item: _is_ours(item) and has_condition(item, "Established"))
    _grow(plane, costs, sizes, "large definitions", lambda number: ("POST", path, _definition(number)), seen)


def services(plane: Plane, costs: Costs, sizes: Sizes) -> None:
    """Services until each has its slice of endpoints."""
    path = "/api/v1/namespaces/default/services"
    seen = Seen(plane.kubeconfig, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", _is_ours)
    _grow(plane, costs, sizes, "services", lambda number: ("POST", path, _service(number)), seen)


def _grow(plane: Plane, costs: Costs, sizes: Sizes, name: str, call: Callable[[int], Call], seen: Seen) -> None:
    with seen:
        watch = Stopwatch(plane)
        for known, size in steps(sizes):
            spread(plane.kubeconfig, map(call, range(known, size)))
            seen.wait(size)
            costs.add(name, plane.name, size, *watch.read())


def watchers(plane: Plane, costs: Costs, sizes: Sizes) -> None:
    """Fifty changes of a ConfigMap until every watcher has heard of all."""
    path, changes = "/api/v1/namespaces/default/configmaps", 50
    with contextlib.closing(Connection(plane.kubeconfig)) as connection:
        connection.request("POST", path, {"metadata": {"name": "watched"}})
        revision = read(connection, path)["metadata"]["resourceVersion"]
        heard = threading.Semaphore(0)
        for known, size in steps(sizes):
            for _ in range(known, size):
                query = f"?watch=1&timeoutSeconds=3000&resourceVersion={revision}&fieldSelector=metadata.name=watched"
                threading.Thread(target=_listen, args=(plane, path + query, heard), daemon=True).start()
            # Those that have just come are told of all that was before.
            connection.request(
                "PATCH", f"{path}/watched", {"data": {"n": f"all {size}"}}, "application/merge-patch+json"
            )
            for _ in range(size):
                heard.acquire()
            watch = Stopwatch(plane)
            for number in range(changes):
                body = {"data": {"n": f"{number} of {size}"}}
                connection.request("PATCH", f"{path}/watched", body, "application/merge-patch+json")
            for _ in range(size * changes):
                heard.acquire()
            costs.add("fifty events to all watchers", plane.name, size, *watch.read())
            revision = read(connection, path)["metadata"]["resourceVersion"]


def _listen(plane: Plane, path: str, heard: threading.Semaphore) -> None:
    # It ends with its plane, or when nothing has come for long.
    with contextlib.suppress(OSError), contextlib.closing(Connection(plane.kubeconfig)) as connection:
        for line in connection.lines(path):
            if b'"type":"MODIFIED"' in line:
                heard.release()


def steps(sizes: Sizes) -> Iterator[tuple[int, int]]:
    """From how many to how many, for each size."""
    yield from zip((0, *sizes), sizes, strict=False)


SERIES: dict[str, Callable[[Plane, Costs, Sizes], None]] = {
    "namespaces": namespaces,
    "definitions": definitions,
    "services": services,
    "watchers": watchers,
}
"""Those that need nothing but a plane of their own and sizes."""


def _is_ours(item: Any) -> bool:
    return "growth" in (item["metadata"].get("labels") or {})


def has_condition(item: Any, condition: str) -> bool:
    """Whether a condition of it is true."""
    rows = (item.get("status") or {}).get("conditions") or ()
    return any(row["type"] == condition and row["status"] == "True" for row in rows)


def _node_name(number: int) -> str:
    return f"growth-{number:05d}"


def _node(number: int) -> Call:
    name, moment = _node_name(number), now()
    room = {"cpu": "32", "memory": "64Gi", "pods": "250", "ephemeral-storage": "100Gi"}
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "ready"}
    times = {"lastHeartbeatTime": moment, "lastTransitionTime": moment}
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "growth": "node"}
    status = {"capacity": room, "allocatable": room, "conditions": [ready | times]}
    return "POST", "/api/v1/nodes", {"metadata": {"name": name, "labels": labels}, "status": status}


def _pod(number: int) -> Any:
    """A pod for the nodes that nobody runs; on a slow day these are thought to be silent, and are good for it still."""
    container = {"name": "c", "image": "growth:1", "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}
    spec = {"nodeSelector": {"growth": "node"}, "tolerations": [{"operator": "Exists"}], "containers": [container]}
    return {"metadata": {"name": f"growth-{number:06d}", "labels": {"growth": "pod"}}, "spec": spec}


def _service(number: int) -> Any:
    labels = {"growth": f"service-{number}"}
    spec = {"selector": labels, "ports": [{"port": 80}]}
    return {"metadata": {"name": f"growth-{number:05d}", "labels": labels}, "spec": spec}


def _definition(number: int) -> Any:
    """About 60 KB, as those of cluster operators are."""
    text = "What this field is for, told at some length, as generated definitions do it. " * 2
    leaf = {"type": "object", "description": text, "properties": {}}
    for index in range(8):
        leaf["properties"][f"field{index}"] = {"type": "string", "description": text}
    middle = {"type": "object", "properties": {f"part{index}": leaf for index in range(40)}}
    schema = {"type": "object", "properties": {"spec": middle, "status": {"type": "object"}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    kind = f"Growth{number}"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"growths{number}.growth.test", "labels": {"growth": "definition"}},
        "spec": {
            "group": "growth.test",
            "scope": "Namespaced",
            "names": {"plural": f"growths{number}", "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
            "versions": [version],
        },
    }
