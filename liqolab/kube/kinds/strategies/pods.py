"""Pods: their status is born Pending, their spec hardly changes, and their end takes a grace period."""

from __future__ import annotations

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.pod_resizes import keep_resizes, validate_resize
from liqolab.kube.kinds.validation.pod_statuses import validate_pod_status
from liqolab.kube.kinds.validation.pod_updates import validate_pod_update
from liqolab.kube.kinds.validation.pods import validate_new_pod, validate_template

_COUNTED = ("cpu", "memory")


class PodStrategy(WithStatus):
    """A pod's deletion waits for its kubelet, unless no kubelet has it or it has finished."""

    graceful = True

    def __init__(self) -> None:
        super().__init__(
            initial={"phase": "Pending"},
            returns_object=True,
            kept_metadata=("ownerReferences",),
        )

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        spec = obj.get("spec") or {}
        obj["status"]["qosClass"] = quality_of_service(spec)
        _floor_grace(spec)
        if spec.get("schedulingGates"):
            obj["status"]["conditions"] = [{**_GATED, "lastTransitionTime": timestamps.now()}]

    def prepare_update(self, new: Object, old: Object) -> None:
        super().prepare_update(new, old)
        _floor_grace(new.get("spec") or {})

    def prepare_status_update(self, new: Object, old: Object) -> None:
        super().prepare_status_update(new, old)
        quality = (old.get("status") or {}).get("qosClass")
        if quality and not (new.get("status") or {}).get("qosClass"):
            new.setdefault("status", {})["qosClass"] = quality
        _keep_observed_generations(new, old)

    def prepare_subresource_update(self, subresource: str, new: Object, old: Object) -> None:
        if subresource == "resize":
            keep_resizes(new, old)

    def validate_subresource_update(self, subresource: str, new: Object, old: Object) -> list[FieldError]:
        if subresource == "status":
            return validate_pod_status(new, old)
        if subresource != "resize":
            return []
        changes = quality_of_service(new["spec"]) != (old.get("status") or {}).get("qosClass")
        return validate_resize(new, old, quality_changes=changes)

    def validate_create(self, obj: Object) -> list[FieldError]:
        return validate_new_pod(obj)

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return validate_pod_update(new, old)

    def graceful_delete_seconds(self, obj: Object, requested: int | None) -> int:
        spec = obj.get("spec") or {}
        if not spec.get("nodeName") or meta.pod_is_terminal(obj):
            return 0
        seconds = spec.get("terminationGracePeriodSeconds", 0) if requested is None else requested
        return 1 if seconds < 0 else int(seconds)


def _floor_grace(spec: Object) -> None:
    """A negative grace period is read as the shortest one, whenever a pod is written."""
    if (spec.get("terminationGracePeriodSeconds") or 0) < 0:
        spec["terminationGracePeriodSeconds"] = 1


def _keep_observed_generations(new: Object, old: Object) -> None:
    """A client that does not know of observedGeneration leaves it as it is, in the status and in each condition."""
    status, before = new.get("status") or {}, old.get("status") or {}
    known = {row.get("type"): row for row in before.get("conditions") or ()}
    pairs = [(status, before), *((row, known.get(row.get("type"), {})) for row in status.get("conditions") or ())]
    for row, kept in pairs:
        if not row.get("observedGeneration") and kept.get("observedGeneration"):
            row["observedGeneration"] = kept["observedGeneration"]


_GATED: Object = {
    "type": "PodScheduled",
    "status": "False",
    "lastProbeTime": None,
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}


def quality_of_service(spec: Object) -> str:
    """Guaranteed when every container's limits equal its requests, BestEffort without any, else Burstable."""
    amounts = []
    guaranteed = True
    own = spec.get("resources") or {}
    # What the pod asks for as a whole goes before what its containers ask for.
    whole = [spec] if own.get("limits") or own.get("requests") else None
    for part in whole or [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        resources = part.get("resources") or {}
        limits, requests = _positive(resources.get("limits")), _positive(resources.get("requests"))
        amounts += [*limits.values(), *requests.values()]
        guaranteed = guaranteed and len(limits) == len(_COUNTED) and limits == {**limits, **requests}
    if not amounts:
        return "BestEffort"
    return "Guaranteed" if guaranteed else "Burstable"


def _positive(amounts: Object | None) -> dict[str, Quantity]:
    parsed = {name: Quantity.parse(value) for name, value in (amounts or {}).items() if name in _COUNTED}
    return {name: amount for name, amount in parsed.items() if amount.nanos > 0}


def validate_pod_template(obj: Object) -> list[FieldError]:
    """An object of kind PodTemplate."""
    return validate_template(obj.get("template") or {}, "template")
