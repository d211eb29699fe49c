"""The status of a local pod that runs elsewhere. Pure functions.

It is the remote pod's status, word for word, except for what has another meaning here: addresses, and how often the
pod was restarted, because a remote pod that was created anew is the same pod to its owner.
"""

from __future__ import annotations

from collections.abc import Callable

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.liqo.gen05 import texts

_CONTAINER_LISTS = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")


def local_status(remote: Object, translate: Callable[[str], str], host: str, restarts: int) -> Object:
    """The status to show.

    Args:
        remote: the remote pod.
        translate: from the remote pod's address to the one under which this cluster reaches it.
        host: what stands for the node's address.
        restarts: how many remote pods came before this one.
    """
    status: Object = dict(remote.get("status") or {})
    if status.get("podIP"):
        status["podIP"] = translate(status["podIP"])
    if status.get("podIPs"):
        status["podIPs"] = [{"ip": translate(entry["ip"])} for entry in status["podIPs"]]
    if status.get("hostIP"):
        status["hostIP"] = host
    if status.get("hostIPs"):
        status["hostIPs"] = [{"ip": host}]
    status.pop("nominatedNodeName", None)
    if restarts:
        for field in _CONTAINER_LISTS:
            if status.get(field):
                status[field] = [_restarted(entry, restarts) for entry in status[field]]
    return status


def _restarted(entry: Object, restarts: int) -> Object:
    return {**entry, "restartCount": entry.get("restartCount", 0) + restarts}


def earlier_restarts(local: Object, remote: Object) -> int:
    """How many remote pods came before `remote`, as far as the local pod's status shows: what a virtual kubelet that
    has just been started needs to know.
    """
    shown = _restart_counts(local)
    if not shown:
        return 0
    actual = _restart_counts(remote)
    difference = max(0, *(count - actual.get(name, 0) for name, count in shown.items()))
    started = meta.get_path(local, "status", "startTime"), meta.get_path(remote, "status", "startTime")
    replaced = all(started) and started[0] != started[1]
    return difference + replaced


def _restart_counts(pod: Object) -> dict[str, int]:
    entries = meta.get_path(pod, "status", "containerStatuses", default=[])
    return {entry.get("name", ""): entry.get("restartCount", 0) for entry in entries}


def backing_off(pod: Object, message: str) -> Object:
    """The status of a pod that the provider does not take, or can make no pod of (any more)."""
    status: Object = dict(pod.get("status") or {})
    if status.get("phase", "Pending") != "Pending":
        for field in (*_CONTAINER_LISTS, "podIP", "podIPs", "hostIP", "hostIPs"):
            status.pop(field, None)
    conditions = status.get("conditions")
    for kind in ("Ready", "ContainersReady"):
        said = {"type": kind, "status": "False", "reason": texts.POD_BACK_OFF, "message": message}
        conditions = meta.set_condition(conditions, said)
    return status | {"phase": "Pending", "reason": texts.POD_BACK_OFF, "message": message, "conditions": conditions}


def aborted(pod: Object, message: str, now: str) -> Object:
    """The status of a pod that ran on the provider until its namespace was withdrawn."""
    status: Object = dict(pod.get("status") or {})
    status |= {"phase": "Failed", "reason": texts.POD_ABORTED, "message": message}
    status["conditions"] = [_failed(row, now) for row in status.get("conditions") or ()]
    for field in _CONTAINER_LISTS:
        if status.get(field):
            status[field] = [_terminated(entry, now) for entry in status[field]]
    return status


def _failed(condition: Object, now: str) -> Object:
    if condition.get("status") != "True":
        return condition
    return condition | {"status": "False", "reason": texts.POD_ABORTED, "lastTransitionTime": now}


def _terminated(entry: Object, now: str) -> Object:
    state = entry.get("state") or {}
    if "terminated" in state:
        return entry
    end: Object = {"exitCode": 137, "reason": texts.POD_ABORTED, "finishedAt": now}
    started = (state.get("running") or {}).get("startedAt")
    if started:
        end["startedAt"] = started
    if entry.get("containerID"):
        end["containerID"] = entry["containerID"]
    return entry | {"state": {"terminated": end}, "ready": False, "started": False}
