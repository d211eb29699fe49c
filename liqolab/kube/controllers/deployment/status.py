"""The status of a deployment: counts, conditions, and whether it is late."""

from __future__ import annotations

from liqolab.apimachinery import clock, meta, timestamps
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.deployment.sizes import max_unavailable, replicas, total

NO_DEADLINE = 2**31 - 1


def condition(type: str, status: str, reason: str, message: str) -> Object:
    moment = timestamps.now()
    return {
        "type": type,
        "status": status,
        "lastUpdateTime": moment,
        "lastTransitionTime": moment,
        "reason": reason,
        "message": message,
    }


def with_condition(conditions: Objects, fresh: Object) -> Objects:
    """`fresh` replaces the condition of its type, unless that says the same; a replaced one moves to the end."""
    known = meta.find_condition(conditions, fresh["type"])
    if known and (known["status"], known.get("reason")) == (fresh["status"], fresh["reason"]):
        return conditions
    if known and known["status"] == fresh["status"]:
        fresh = {**fresh, "lastTransitionTime": known["lastTransitionTime"]}
    return [*without_condition(conditions, fresh["type"]), fresh]


def without_condition(conditions: Objects, type: str) -> Objects:
    return [entry for entry in conditions if entry["type"] != type]


def conditions_of(deployment: Object) -> Objects:
    found: Objects = meta.get_path(deployment, "status", "conditions", default=[])
    return found


def counted(deployment: Object, new: Object | None, everything: Objects) -> Object:
    """The status with counts and the Available condition; the other conditions stay as they are.

    ``unavailableReplicas`` is what the replica sets want minus what is available, so it covers pods not yet made.
    """
    available = total(everything, field="availableReplicas")
    counts = {
        "observedGeneration": meta.generation(deployment),
        "replicas": total(everything, field="replicas"),
        "updatedReplicas": total([new], field="replicas") if new else 0,
        "readyReplicas": total(everything, field="readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, total(everything) - available),
    }
    status: Object = {field: count for field, count in counts.items() if count}
    collisions = meta.get_path(deployment, "status", "collisionCount")
    if collisions is not None:
        status["collisionCount"] = collisions
    enough = available >= replicas(deployment) - max_unavailable(deployment)
    row = texts.MINIMUM_AVAILABLE if enough else texts.MINIMUM_UNAVAILABLE
    status["conditions"] = with_condition(conditions_of(deployment), condition(texts.AVAILABLE, *row))
    return status


def deadline(deployment: Object) -> int | None:
    """Seconds that a rollout may go without progress; None when it may forever."""
    seconds: int | None = deployment["spec"].get("progressDeadlineSeconds")
    return None if seconds is None or seconds == NO_DEADLINE else seconds


def rollout_status(deployment: Object, new: Object | None, everything: Objects) -> Object:
    """`counted`, and the conditions that tell of the rollout: Progressing and ReplicaFailure."""
    status = counted(deployment, new, everything)
    conditions: Objects = status["conditions"]
    if deadline(deployment) is None:
        conditions = without_condition(conditions, texts.PROGRESSING)
    else:
        conditions = _progressing(deployment, status, new, conditions)
    failure = _replica_failure(new, everything)
    conditions = (
        without_condition(conditions, texts.REPLICA_FAILURE) if failure is None else with_condition(conditions, failure)
    )
    return {**status, "conditions": conditions}


def _progressing(deployment: Object, status: Object, new: Object | None, conditions: Objects) -> Objects:
    current = meta.find_condition(conditions_of(deployment), texts.PROGRESSING)
    settled = (
        status.get("replicas", 0) == status.get("updatedReplicas", 0)
        and current is not None
        and current.get("reason") == texts.NEW_REPLICA_SET_AVAILABLE
    )
    if settled:
        return conditions
    if is_complete(deployment, status):
        message = _about(deployment, new, texts.REPLICA_SET_DONE_MESSAGE, texts.DEPLOYMENT_DONE_MESSAGE)
        fresh = condition(texts.PROGRESSING, "True", texts.NEW_REPLICA_SET_AVAILABLE, message)
        return with_condition(conditions, fresh)
    if _made_progress(deployment, status):
        message = _about(deployment, new, texts.REPLICA_SET_UPDATED_MESSAGE, texts.DEPLOYMENT_UPDATED_MESSAGE)
        fresh = condition(texts.PROGRESSING, "True", texts.REPLICA_SET_UPDATED, message)
        if current is not None and current["status"] == "True":
            fresh["lastTransitionTime"] = current["lastTransitionTime"]
        # Replaced even when it says the same: its lastUpdateTime is what the deadline counts from.
        return [*without_condition(conditions, texts.PROGRESSING), fresh]
    if is_late(deployment):
        message = _about(deployment, new, texts.REPLICA_SET_LATE_MESSAGE, texts.DEPLOYMENT_LATE_MESSAGE)
        return with_condition(conditions, condition(texts.PROGRESSING, "False", texts.DEADLINE_EXCEEDED, message))
    return conditions


def _about(deployment: Object, new: Object | None, of_replica_set: str, of_deployment: str) -> str:
    return of_replica_set.format(name=meta.name(new)) if new else of_deployment.format(name=meta.name(deployment))


def is_complete(deployment: Object, status: Object) -> bool:
    """Whether every wanted replica is new and available, and nothing else is left."""
    wanted = replicas(deployment)
    counts = (status.get(field, 0) for field in ("updatedReplicas", "replicas", "availableReplicas"))
    return all(count == wanted for count in counts) and status.get("observedGeneration", 0) >= meta.generation(
        deployment
    )


def _made_progress(deployment: Object, status: Object) -> bool:
    before = deployment.get("status") or {}

    def count(source: Object, field: str) -> int:
        value: int = source.get(field, 0)
        return value

    def outdated(source: Object) -> int:
        return count(source, "replicas") - count(source, "updatedReplicas")

    fields = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return outdated(status) < outdated(before) or any(count(status, field) > count(before, field) for field in fields)


def is_late(deployment: Object) -> bool:
    """Whether the rollout has gone without progress for longer than its deadline."""
    current = meta.find_condition(deployment, texts.PROGRESSING)
    if current is None or current.get("reason") == texts.NEW_REPLICA_SET_AVAILABLE:
        return False
    return current.get("reason") == texts.DEADLINE_EXCEEDED or _overdue(deployment, current)


def _overdue(deployment: Object, current: Object) -> bool:
    left = _deadline_in(deployment, current)
    return left is not None and left < 0


def seconds_until_late(deployment: Object, status: Object) -> float | None:
    """When to look again, lest a stuck rollout go unnoticed; None when there is nothing to wait for."""
    current = meta.find_condition(conditions_of(deployment), texts.PROGRESSING)
    if deadline(deployment) is None or current is None or is_complete(deployment, status):
        return None
    if current.get("reason") in (texts.DEADLINE_EXCEEDED, texts.NEW_REPLICA_SET_AVAILABLE):
        # It is late already, or was there in time once and so cannot become late: no moment is left to wait for.
        return None
    left = _deadline_in(deployment, current)
    # Time stamps have whole seconds: look one second later, when the deadline is surely over.
    return None if left is None else max(left + 1, 0.0)


def _deadline_in(deployment: Object, current: Object) -> float | None:
    seconds = deadline(deployment)
    since = current.get("lastUpdateTime") or current.get("lastTransitionTime")
    if seconds is None or not since:
        return None
    return timestamps.parse(since).timestamp() + seconds - clock.time()


def _replica_failure(new: Object | None, everything: Objects) -> Object | None:
    """The failure that replica sets report, the new one's first."""
    for item in [*([new] if new else []), *everything]:
        found = meta.find_condition(item, texts.REPLICA_FAILURE)
        if found is not None:
            moment = found["lastTransitionTime"]
            return {**found, "lastUpdateTime": moment, "lastTransitionTime": moment}
    return None
