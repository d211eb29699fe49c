"""The columns of a pod; its Status cell tells a learner more than its phase does, so the rules are followed closely."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.printers.common import AGE, NAME, NONE, age, elapsed, name, wide
from liqolab.kube.kinds.spec import Column, Printer


class _Summary:
    """The walk over the container statuses: what to print, and what was counted on the way."""

    def __init__(self, pod: Object) -> None:
        self.pod = pod
        self.spec: Object = pod.get("spec") or {}
        self.status: Object = pod.get("status") or {}
        self.conditions = {c.get("type"): c for c in self.status.get("conditions") or []}
        self.reason = str(self.status.get("reason") or self.status.get("phase") or "")
        self.ready = 0
        self.restarts = 0
        self.last_restart = ""
        sidecars = {c["name"] for c in self.spec.get("initContainers") or [] if c.get("restartPolicy") == "Always"}
        self.sidecars = sidecars
        self.total = len(self.spec.get("containers") or []) + len(sidecars)
        if self._condition("PodScheduled").get("reason") == "SchedulingGated":
            self.reason = "SchedulingGated"
        initializing = self._walk_init_containers()
        if not initializing or self.is_true("Initialized"):
            self._walk_containers(initializing)
        self._apply_deletion()

    def _condition(self, type: str) -> Object:
        return self.conditions.get(type) or {}

    def is_true(self, type: str) -> bool:
        return self._condition(type).get("status") == "True"

    def _count_restart(self, status: Object) -> None:
        self.restarts += status.get("restartCount") or 0
        finished = ((status.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or ""
        self.last_restart = max(self.last_restart, finished)

    def _walk_init_containers(self) -> bool:
        total = len(self.spec.get("initContainers") or [])
        sidecar_restarts, sidecar_last = 0, ""
        for position, status in enumerate(self.status.get("initContainerStatuses") or []):
            self._count_restart(status)
            state = status.get("state") or {}
            sidecar = status.get("name") in self.sidecars
            if sidecar:
                sidecar_restarts += status.get("restartCount") or 0
                sidecar_last = self.last_restart
            terminated = state.get("terminated")
            if terminated is not None and not terminated.get("exitCode"):
                continue
            if sidecar and status.get("started"):
                self.ready += bool(status.get("ready"))
                continue
            self.reason = _init_reason(state, position, total)
            return True
        self.restarts, self.last_restart = sidecar_restarts, sidecar_last
        return False

    def _walk_containers(self, initializing: bool) -> None:
        if initializing:
            self.restarts, self.last_restart = 0, ""
        running = False
        for status in reversed(self.status.get("containerStatuses") or []):
            self._count_restart(status)
            state = status.get("state") or {}
            waiting, terminated = state.get("waiting") or {}, state.get("terminated")
            if waiting.get("reason"):
                self.reason = waiting["reason"]
            elif terminated is not None:
                self.reason = terminated.get("reason") or _exit(terminated)
            elif status.get("ready") and state.get("running") is not None:
                running = True
                self.ready += 1
        if self.reason == "Completed" and running:
            self.reason = "Running" if self.is_true("Ready") else "NotReady"

    def _apply_deletion(self) -> None:
        if not self.pod["metadata"].get("deletionTimestamp"):
            return
        if self.status.get("reason") == "NodeLost":
            self.reason = "Unknown"
        elif self.status.get("phase") not in ("Succeeded", "Failed"):
            self.reason = "Terminating"


def _exit(terminated: Object) -> str:
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _init_reason(state: Object, position: int, total: int) -> str:
    terminated, waiting = state.get("terminated"), state.get("waiting") or {}
    if terminated is not None:
        return f"Init:{terminated.get('reason') or _exit(terminated)}"
    if waiting.get("reason") and waiting["reason"] != "PodInitializing":
        return f"Init:{waiting['reason']}"
    return f"Init:{position}/{total}"


def _readiness_gates(summary: _Summary) -> str:
    gates = summary.spec.get("readinessGates") or []
    if not gates:
        return NONE
    true = sum(summary.is_true(gate.get("conditionType", "")) for gate in gates)
    return f"{true}/{len(gates)}"


def _cells(pod: Object, now: float) -> list[Any]:
    summary = _Summary(pod)
    restarts = str(summary.restarts)
    if summary.restarts and summary.last_restart:
        restarts = f"{restarts} ({elapsed(summary.last_restart, now)} ago)"
    status = summary.status
    addresses = status.get("podIPs") or []
    ip = addresses[0].get("ip") if addresses else status.get("podIP")
    return [
        *(name(pod), f"{summary.ready}/{summary.total}", summary.reason, restarts, age(pod, now)),
        *(ip or NONE, summary.spec.get("nodeName") or NONE, status.get("nominatedNodeName") or NONE),
        _readiness_gates(summary),
    ]


_FINISHED = {
    "Succeeded": "The pod has completed successfully.",
    "Failed": "The pod failed.",
}


def _conditions(pod: Object) -> list[Object]:
    phase = (pod.get("status") or {}).get("phase", "")
    if phase not in _FINISHED:
        return []
    return [{"type": "Completed", "status": "True", "reason": phase, "message": _FINISHED[phase]}]


POD = Printer(
    (
        *(NAME, Column("Ready"), Column("Status"), Column("Restarts"), AGE),
        *(wide("IP"), wide("Node"), wide("Nominated Node"), wide("Readiness Gates")),
    ),
    _cells,
    _conditions,
)
