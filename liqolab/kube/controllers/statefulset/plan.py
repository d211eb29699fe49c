"""What a stateful set does next.

An ordered set takes one step at a time and waits for every pod before the one in question to be running and ready; a
Parallel set does not wait. Updates go from the highest ordinal down to the partition, one pod at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from liqolab.apimachinery import clock, meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers.statefulset.identity import ordinal_of, revision_of
from liqolab.kube.controllers.workload import pods as pod_tools


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do to one ordinal; `pod` is None for ``create``."""

    action: Literal["create", "delete", "replace"]
    ordinal: int
    pod: Object | None = None


def first_ordinal(owner: Object) -> int:
    start: int = meta.get_path(owner, "spec", "ordinals", "start", default=0)
    return start


def ordinals(owner: Object) -> range:
    start = first_ordinal(owner)
    return range(start, start + int(meta.get_path(owner, "spec", "replicas", default=1)))


def partition(owner: Object) -> int:
    """Ordinals below it keep the old revision."""
    number: int = meta.get_path(owner, "spec", "updateStrategy", "rollingUpdate", "partition", default=0)
    return number


def is_parallel(owner: Object) -> bool:
    return bool(owner["spec"].get("podManagementPolicy") == "Parallel")


def is_healthy(pod: Object) -> bool:
    """Running, ready and not being deleted."""
    running = meta.get_path(pod, "status", "phase") == "Running"
    return running and meta.pod_is_ready(pod) and not meta.is_deleting(pod)


def is_available(owner: Object, pod: Object) -> bool:
    return is_healthy(pod) and pod_tools.is_available(pod, owner["spec"].get("minReadySeconds") or 0, clock.time())


def next_steps(owner: Object, pods: Objects, update_revision: str) -> list[Step]:
    """The steps of this sync, in order; none when everything is as it should be or has to be waited for."""
    parallel = is_parallel(owner)
    by_ordinal = {ordinal_of(pod): pod for pod in pods}
    steps: list[Step] = []
    for ordinal in ordinals(owner):
        pod = by_ordinal.get(ordinal)
        step = _towards_health(ordinal, pod)
        if step is not None:
            steps.append(step)
        if not parallel and (step is not None or pod is None or not is_available(owner, pod)):
            return steps
    wanted = set(ordinals(owner))
    surplus = sorted((ordinal for ordinal in by_ordinal if ordinal not in wanted), reverse=True)
    waiting = _shrink(owner, by_ordinal, surplus, steps)
    if waiting or (steps and not parallel):
        return steps
    return steps or _update(owner, by_ordinal, update_revision)


def _towards_health(ordinal: int, pod: Object | None) -> Step | None:
    if pod is None:
        return Step("create", ordinal)
    if meta.pod_is_terminal(pod) and not meta.is_deleting(pod):
        return Step("replace", ordinal, pod)
    return None


def _shrink(owner: Object, by_ordinal: dict[int, Object], surplus: list[int], steps: list[Step]) -> bool:
    """Add deletions of surplus pods, highest first; True when an ordered set has to wait for one of them.

    It waits for each to be gone, and to be well before, unless it is the first that is not.
    """
    first_unwell = min((ordinal for ordinal in surplus if not is_healthy(by_ordinal[ordinal])), default=None)
    for ordinal in surplus:
        pod = by_ordinal[ordinal]
        if not is_parallel(owner) and not is_available(owner, pod) and ordinal != first_unwell:
            return True
        if not meta.is_deleting(pod):
            steps.append(Step("delete", ordinal, pod))
        if not is_parallel(owner):
            return True
    return False


def _update(owner: Object, by_ordinal: dict[int, Object], revision: str) -> list[Step]:
    if meta.get_path(owner, "spec", "updateStrategy", "type", default="RollingUpdate") == "OnDelete":
        return []
    lowest = max(partition(owner), first_ordinal(owner))
    for ordinal in sorted((number for number in ordinals(owner) if number >= lowest), reverse=True):
        pod = by_ordinal.get(ordinal)
        if pod is None:
            return []
        if revision_of(pod) != revision and not meta.is_deleting(pod):
            return [Step("delete", ordinal, pod)]
        if not is_available(owner, pod):
            return []
    return []


def revision_for(owner: Object, ordinal: int, pods: Objects, current: str, update: str) -> str:
    """The revision that a pod created now for `ordinal` gets.

    Below the partition it is the old one; without a partition it is the old one as long as the update, which works its
    way down from the highest ordinal, has not come here yet.
    """
    if meta.get_path(owner, "spec", "updateStrategy", "type", default="RollingUpdate") != "RollingUpdate":
        return update
    limit = partition(owner)
    if not limit:
        limit = max((ordinal_of(pod) for pod in pods if revision_of(pod) == current), default=0)
    return current if ordinal < limit else update
