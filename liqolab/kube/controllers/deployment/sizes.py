"""How large each replica set of a deployment should be: the arithmetic, without any I/O.

A rolling update may run `surge` pods too many and `unavailable` pods too few. Each sync takes one step: grow the new
replica set if the surge allows it, else shrink the old ones as far as availability allows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers.workload.percent import scaled

DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one replica set's size."""

    replica_set: Object
    size: int


def replicas(owner: Object) -> int:
    """``spec.replicas`` of a deployment or replica set."""
    count: int = meta.get_path(owner, "spec", "replicas", default=1)
    return count


def total(replica_sets: Sequence[Object], *, field: str = "") -> int:
    """Sum of the wanted sizes, or of a count in the status."""
    if not field:
        return sum(map(replicas, replica_sets))
    return sum(meta.get_path(item, "status", field, default=0) for item in replica_sets)


def is_rolling(deployment: Object) -> bool:
    strategy = meta.get_path(deployment, "spec", "strategy", "type", default="RollingUpdate")
    return bool(strategy == "RollingUpdate")


def max_surge(deployment: Object) -> int:
    return _limits(deployment)[0] if is_rolling(deployment) else 0


def max_unavailable(deployment: Object) -> int:
    wanted = replicas(deployment)
    if not is_rolling(deployment) or wanted == 0:
        return 0
    return min(_limits(deployment)[1], wanted)


def _limits(deployment: Object) -> tuple[int, int]:
    """Surge and unavailability in pods; a rollout that may do neither could not move, so one may be unavailable."""
    rolling = meta.get_path(deployment, "spec", "strategy", "rollingUpdate", default={})
    wanted = replicas(deployment)
    surge = scaled(rolling.get("maxSurge"), wanted, up=True)
    unavailable = scaled(rolling.get("maxUnavailable"), wanted, up=False)
    return (surge, unavailable) if surge or unavailable else (0, 1)


def first_size(deployment: Object, others: Objects) -> int:
    """The size at which a new replica set starts, given all `others`."""
    return _grown(deployment, 0, total(others))


def _grown(deployment: Object, size: int, running: int) -> int:
    wanted = replicas(deployment)
    if not is_rolling(deployment):
        return wanted
    room = wanted + max_surge(deployment) - running
    return size if room <= 0 else size + min(room, wanted - size)


def new_size(deployment: Object, new: Object, everything: Objects) -> int:
    """The size of the new replica set after one step of a rolling update."""
    if replicas(new) >= replicas(deployment):
        return replicas(deployment)
    return _grown(deployment, replicas(new), total(everything))


def shrink_old(deployment: Object, new: Object, old: Objects) -> list[Step]:
    """The old replica sets to shrink in one step: first pods that are unhealthy anyway, then healthy ones as far as
    the minimum of available pods allows; oldest first.
    """
    minimum = replicas(deployment) - max_unavailable(deployment)
    new_unavailable = replicas(new) - total([new], field="availableReplicas")
    budget = total([*old, new]) - minimum - new_unavailable
    if budget <= 0 or total(old) == 0 or any(map(_is_behind, old)):
        return []
    sizes = {meta.uid(item): replicas(item) for item in old}
    ordered = sorted(old, key=_age)
    for item in ordered:
        unhealthy = sizes[meta.uid(item)] - total([item], field="availableReplicas")
        cut = min(budget, max(unhealthy, 0))
        sizes[meta.uid(item)] -= cut
        budget -= cut
    running = [item for item in old if replicas(item)]
    spare = total([*running, new], field="availableReplicas") - minimum
    for item in ordered:
        cut = min(max(spare, 0), sizes[meta.uid(item)])
        sizes[meta.uid(item)] -= cut
        spare -= cut
    return [Step(item, sizes[meta.uid(item)]) for item in ordered if sizes[meta.uid(item)] != replicas(item)]


def _is_behind(item: Object) -> bool:
    """Whether the status still counts pods that a smaller size has condemned; it tells when it has caught up."""
    return 0 < replicas(item) < total([item], field="availableReplicas")


def resize(deployment: Object, new: Object | None, old: Objects) -> list[Step]:
    """How a change of ``spec.replicas`` spreads over the replica sets, between or in the midst of rollouts."""
    everything = [*old, *([new] if new else [])]
    wanted = replicas(deployment)
    active = [item for item in everything if replicas(item) > 0]
    if len(active) <= 1:
        target = active[0] if active else new or max(old, key=_age, default=None)
        return [] if target is None else [Step(target, wanted)]
    if new is not None and is_saturated(deployment, new):
        return [Step(item, 0) for item in old if replicas(item) > 0]
    return _proportional(deployment, active) if is_rolling(deployment) else []


def is_saturated(deployment: Object, new: Object) -> bool:
    """Whether the new replica set alone does all that the deployment asks for."""
    wanted = replicas(deployment)
    return (
        replicas(new) == wanted
        and meta.annotations(new).get(DESIRED_REPLICAS) == str(wanted)
        and total([new], field="availableReplicas") == wanted
    )


def _proportional(deployment: Object, active: Objects) -> list[Step]:
    """Every replica set keeps its share, so that a bad new version does not get all of a scale-up."""
    wanted = replicas(deployment)
    allowed = wanted + max_surge(deployment) if wanted else 0
    change = allowed - total(active)
    newest_first = change > 0
    by_age = sorted(active, key=_age, reverse=newest_first)
    ordered = sorted(by_age, key=replicas, reverse=True)
    sizes = {meta.uid(item): replicas(item) for item in ordered}
    done = 0
    for item in ordered:
        share = _share(deployment, item, allowed)
        step = min(share, change - done) if change > 0 else max(share, change - done)
        if change:
            sizes[meta.uid(item)] += step
            done += step
    if ordered:
        first = meta.uid(ordered[0])
        sizes[first] = max(sizes[first] + change - done, 0)
    return [Step(item, sizes[meta.uid(item)]) for item in ordered]


def _share(deployment: Object, item: Object, allowed: int) -> int:
    """By how much this replica set grows or shrinks when the whole changes to `allowed`."""
    size = replicas(item)
    if allowed == 0:
        return -size
    before = meta.annotations(item).get(MAX_REPLICAS, "")
    known: int = meta.get_path(deployment, "status", "replicas", default=0)
    whole = int(before) if before.isdigit() else known
    if whole <= 0:
        return 0
    # Round half up, as Kubernetes does; Python's round() goes to even.
    return (2 * size * allowed + whole) // (2 * whole) - size


def _age(item: Object) -> tuple[str, str]:
    return item["metadata"].get("creationTimestamp") or "", meta.name(item)
