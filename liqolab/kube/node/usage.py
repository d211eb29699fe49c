"""What containers use of a node: simulated, but of what they do.

Nothing here has a processor of its own, so usage is counted instead of measured. A container at rest uses next to
nothing: a sliver of what it has requested. A script uses a core for as long as it computes, that is, while it neither
waits nor sleeps; a server uses what answering a request costs its image. No container uses more than its limit.

Rates are worked out when somebody asks (``/stats/summary``, as kubelets have it) of what the containers' meters hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def summary(node: str, workers: Iterable[PodWorker]) -> Object:
    """The node's ``/stats/summary``, as far as metrics are made of it."""
    moment = clock.utc().strftime("%Y-%m-%dT%H:%M:%SZ")
    pods = [found for worker in workers if (found := _pod(worker, moment))]
    rows = [row for pod in pods for row in pod["containers"]]
    cores = int(_NODE_CORES * _NANO) + sum(row["cpu"]["usageNanoCores"] for row in rows)
    memory = _NODE_MEMORY + sum(row["memory"]["workingSetBytes"] for row in rows)
    return {"node": {"nodeName": node, **_figures(moment, cores, memory)}, "pods": pods}


def _pod(worker: PodWorker, moment: str) -> Object | None:
    running = [unit for unit in (*worker.units, *worker.ephemeral) if isinstance(unit.state, Running)]
    if not running:
        return None
    pod = worker.pod
    reference = {"name": meta.name(pod), "namespace": meta.namespace(pod), "uid": meta.uid(pod)}
    rows = [{"name": unit.name, **_figures(moment, _nano_cores(unit), _bytes(pod, unit))} for unit in running]
    return {"podRef": reference, "containers": rows}


def _figures(moment: str, nano_cores: int, memory: int) -> Object:
    return {
        "cpu": {"time": moment, "usageNanoCores": nano_cores},
        "memory": {"time": moment, "workingSetBytes": memory},
    }


def _nano_cores(unit: ContainerUnit) -> int:
    idle = max(_IDLE_CORES, _IDLE_SHARE * _amount(unit.spec, "requests", "cpu"))
    limit = _amount(unit.spec, "limits", "cpu")
    cores = idle + unit.meter.cores()
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
