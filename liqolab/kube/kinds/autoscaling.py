"""autoscaling/v2 and v1: one stored kind (v2), two ways of writing its metrics."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds.declaring import kind
from liqolab.kube.kinds.printers.autoscaling import AUTOSCALER
from liqolab.kube.kinds.spec import Printer
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.autoscalers import validate_autoscaler, validate_autoscaler_status

V2 = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
V1 = Resource("autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler")

_METRICS = "autoscaling.alpha.kubernetes.io/metrics"


def _cpu(value: int, key: str) -> Object:
    figure: Object = {"averageUtilization": value}
    if key == "target":
        figure = {"type": "Utilization", **figure}
    return {"type": "Resource", "resource": {"name": "cpu", key: figure}}


def _is_cpu_utilization(metric: Object, key: str) -> bool:
    figure = (metric.get("resource") or {}).get(key) or {}
    return (metric.get("resource") or {}).get("name") == "cpu" and figure.get("averageUtilization") is not None


def to_v2(v1: Object) -> Object:
    """A v1 autoscaler as it is stored; its one target becomes a CPU metric."""
    obj = {**v1, "apiVersion": V2.api_version, "spec": dict(v1.get("spec") or {})}
    target = obj["spec"].pop("targetCPUUtilizationPercentage", None)
    if target is not None:
        obj["spec"]["metrics"] = [_cpu(target, "target")]
    status = v1.get("status")
    if status is not None:
        obj["status"] = dict(status)
        current = obj["status"].pop("currentCPUUtilizationPercentage", None)
        if current is not None:
            obj["status"]["currentMetrics"] = [_cpu(current, "current")]
    return obj


def from_v2(v2: Object) -> Object:
    """A stored autoscaler as v1 shows it; metrics that v1 has no field for are left out."""
    obj = {**v2, "apiVersion": V1.api_version, "spec": dict(v2.get("spec") or {})}
    for metric in obj["spec"].pop("metrics", None) or []:
        if _is_cpu_utilization(metric, "target"):
            obj["spec"]["targetCPUUtilizationPercentage"] = metric["resource"]["target"]["averageUtilization"]
    obj["spec"].pop("behavior", None)
    status = dict(v2.get("status") or {})
    for metric in status.pop("currentMetrics", None) or []:
        if _is_cpu_utilization(metric, "current"):
            status["currentCPUUtilizationPercentage"] = metric["resource"]["current"]["averageUtilization"]
    status.pop("conditions", None)
    obj["status"] = {"currentReplicas": 0, "desiredReplicas": 0, **status}
    return obj


def _stored(obj: Object) -> Object:
    return to_v2(obj) if obj.get("apiVersion") == V1.api_version else obj


class _Strategy(WithStatus):
    """Whatever the version of the request, the stored form is judged."""

    def validate_create(self, obj: Object) -> list[FieldError]:
        return validate_autoscaler(_stored(obj))

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return validate_autoscaler(_stored(new), _stored(old))


def _row(resource: Resource, printer: Printer, initial: Object, **fields: Any) -> Any:
    return kind(
        resource,
        short=("hpa",),
        categories=("all",),
        has_status=True,
        strategy=_Strategy(initial=initial, generation=False, check_status=validate_autoscaler_status),
        printer=printer,
        **fields,
    )


_ZEROS: Object = {"currentReplicas": 0, "desiredReplicas": 0}

KINDS = (
    _row(V2, AUTOSCALER, {"desiredReplicas": 0, "currentMetrics": None}),
    _row(
        V1,
        Printer(AUTOSCALER.columns, lambda obj, now: AUTOSCALER.cells(to_v2(obj), now)),
        _ZEROS,
        storage=V2,
        to_storage=to_v2,
        from_storage=from_v2,
    ),
)
