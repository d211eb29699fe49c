"""What containers use of a node: simulated, but of what they do.

Nothing here has a processor of its own, so usage is counted instead of measured. A container at rest uses next to
nothing: a sliver of what it has requested. A script uses a core for as long as it computes, that is, while it neither
waits nor sleeps; a server uses what answering a request costs its image. No container uses more than its limit.

Rates are worked out when somebody asks (``/stats/summary`` and ``/metrics/resource``, as kubelets have them) of what
the containers' meters hold.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from zlib import crc32

from liqolab.apimachinery import clock, meta
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.node.container import ContainerUnit
from liqolab.kube.node.pod_worker import PodWorker
from liqolab.kube.node.states import Running

_IDLE_CORES: Final = 0.001
_IDLE_SHARE: Final = 0.005
"""Of its CPU request, what a container at rest uses."""

_MEMORY_SHARE: Final = 0.5
"""Of its memory request, what a container uses."""

_MEMORY: Final = 12 * 2**20
"""What one uses that has requested none."""

_NODE_CORES: Final = 0.08
_NODE_MEMORY: Final = 600 * 2**20
"""What a node's own programs use."""

_NANO: Final = 10**9

_SERIES: Final = {
    f"{whose}_{name}": (kind, text.format(whose=whose))
    for name, kind, text in (
        ("cpu_usage_seconds_total", "counter", "Cumulative cpu time consumed by the {whose} in core-seconds"),
        ("memory_working_set_bytes", "gauge", "Current working set of the {whose} in bytes"),
    )
    for whose in ("container", "node", "pod")
}
"""Name of a series → its type, and what it is."""

_SCRAPED: Final = (
    "# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise",
    "# TYPE resource_scrape_error gauge",
    "resource_scrape_error 0",
)


def summary(node: str, workers: Iterable[PodWorker]) -> Object:
    """The node's ``/stats/summary``, as far as metrics are made of it."""
    moment = clock.utc().strftime("%Y-%m-%dT%H:%M:%SZ")
    pods = [found for worker in workers if (found := _pod(worker, moment))]
    rows = [row for pod in pods for row in pod["containers"]]
    cores = int(_NODE_CORES * _NANO) + sum(row["cpu"]["usageNanoCores"] for row in rows)
    memory = _NODE_MEMORY + sum(row["memory"]["workingSetBytes"] for row in rows)
    spent = int(_NODE_CORES * time.monotonic() * _NANO) + sum(row["cpu"]["usageCoreNanoSeconds"] for row in rows)
    return {"node": {"nodeName": node, **_figures(moment, cores, spent, memory)}, "pods": pods}


def resource_metrics(node: str, workers: Iterable[PodWorker]) -> str:
    """The node's ``/metrics/resource``: the same figures, in the text format of Prometheus."""
    found = summary(node, workers)
    series: dict[str, list[str]] = {name: [] for name in _SERIES}
    for pod in found["pods"]:
        names = f'namespace="{pod["podRef"]["namespace"]}",pod="{pod["podRef"]["name"]}"'
        for row in pod["containers"]:
            _measure(series, "container", f'{{container="{row["name"]}",{names}}}', [row])
        _measure(series, "pod", f"{{{names}}}", pod["containers"])
    _measure(series, "node", "", [found["node"]])
    lines = []
    for name, (kind, text) in _SERIES.items():
        lines += [f"# HELP {name} [STABLE] {text}", f"# TYPE {name} {kind}", *series[name]]
    return "\n".join([*lines, *_SCRAPED]) + "\n"


def _measure(series: Mapping[str, list[str]], whose: str, labels: str, rows: Sequence[Object]) -> None:
    spent = sum(row["cpu"]["usageCoreNanoSeconds"] for row in rows) / _NANO
    memory = sum(row["memory"]["workingSetBytes"] for row in rows)
    series[f"{whose}_cpu_usage_seconds_total"].append(f"{whose}_cpu_usage_seconds_total{labels} {spent:.6f}")
    series[f"{whose}_memory_working_set_bytes"].append(f"{whose}_memory_working_set_bytes{labels} {memory}")


def _pod(worker: PodWorker, moment: str) -> Object | None:
    running = [unit for unit in (*worker.units, *worker.ephemeral) if isinstance(unit.state, Running)]
    if not running:
        return None
    pod = worker.pod
    reference = {"name": meta.name(pod), "namespace": meta.namespace(pod), "uid": meta.uid(pod)}
    rows = [
        {"name": unit.name, **_figures(moment, _nano_cores(unit), _spent(unit), _bytes(pod, unit))} for unit in running
    ]
    return {"podRef": reference, "containers": rows}


def _figures(moment: str, nano_cores: int, spent: int, memory: int) -> Object:
    """Of memory, nothing is a cache here: what is used, what is needed and what is resident are the same."""
    return {
        "cpu": {"time": moment, "usageNanoCores": nano_cores, "usageCoreNanoSeconds": spent},
        "memory": {"time": moment, "usageBytes": memory, "workingSetBytes": memory, "rssBytes": memory},
    }


def _idle(unit: ContainerUnit) -> float:
    return max(_IDLE_CORES, _IDLE_SHARE * _amount(unit.spec, "requests", "cpu"))


def _spent(unit: ContainerUnit) -> int:
    return int(unit.meter.total(_idle(unit)) * _NANO)


def _nano_cores(unit: ContainerUnit) -> int:
    limit = _amount(unit.spec, "limits", "cpu")
    cores = _idle(unit) + unit.meter.cores()
    return int((min(cores, limit) if limit else cores) * _NANO)


def _bytes(pod: Object, unit: ContainerUnit) -> int:
    """Steady, and a little different from pod to pod, as it is anywhere."""
    size = _MEMORY_SHARE * _amount(unit.spec, "requests", "memory") or _MEMORY
    limit = _amount(unit.spec, "limits", "memory")
    size *= 0.95 + crc32(f"{meta.uid(pod)}/{unit.name}".encode()) % 100 / 1000
    return int(min(size, 0.95 * limit) if limit else size) // 1024 * 1024


def _amount(spec: Mapping[str, Object], kind: str, name: str) -> float:
    text = ((spec.get("resources") or {}).get(kind) or {}).get(name)
    return Quantity.parse(text).nanos / _NANO if text is not None else 0.0
