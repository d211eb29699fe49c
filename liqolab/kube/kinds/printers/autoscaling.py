"""Columns of horizontal pod autoscalers: their Targets cell pairs every metric's current value with its target."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.printers.common import NONE, UNKNOWN, UNSET, age, columns, name
from liqolab.kube.kinds.spec import Printer

_SHOWN = 2


def _value(values: Object | None, kind: str) -> str | None:
    if not values:
        return None
    if kind == "Utilization":
        percent = values.get("averageUtilization")
        return None if percent is None else f"{percent}%"
    return values.get("averageValue" if kind == "AverageValue" else "value")


def _metric(spec: Object, status: Object) -> str:
    source = {"Resource": "resource", "ContainerResource": "containerResource", "Pods": "pods"}.get(
        spec.get("type", ""), str(spec.get("type", "")).lower()
    )
    wanted, current = spec.get(source) or {}, status.get(source) or {}
    target = wanted.get("target") or {}
    kind = target.get("type", "")
    now = _value(current.get("current"), kind) or UNKNOWN
    text = f"{now}/{_value(target, kind) or UNKNOWN}"
    if source in ("resource", "containerResource"):
        return f"{wanted.get('name', '')}: {text}"
    return f"{text} (avg)" if source in ("object", "external") and kind == "AverageValue" else text


def _targets(spec: Object, status: Object) -> str:
    metrics = spec.get("metrics") or []
    if not metrics:
        return NONE
    current = status.get("currentMetrics") or []
    cells = [
        _metric(metric, current[index] if index < len(current) else {}) for index, metric in enumerate(metrics[:_SHOWN])
    ]
    more = f" + {len(metrics) - _SHOWN} more..." if len(metrics) > _SHOWN else ""
    return ", ".join(cells) + more


def _autoscaler(obj: Object, now: float) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    target = spec.get("scaleTargetRef") or {}
    reference = f"{target.get('kind', '')}/{target.get('name', '')}"
    minimum = spec.get("minReplicas")
    return [
        *(name(obj), reference, _targets(spec, status), UNSET if minimum is None else str(minimum)),
        *(spec.get("maxReplicas", 0), status.get("currentReplicas", 0), age(obj, now)),
    ]


AUTOSCALER = Printer(columns("Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"), _autoscaler)


def _scale(obj: Object, now: float) -> list[Any]:
    desired, current = (obj.get("spec") or {}).get("replicas", 0), (obj.get("status") or {}).get("replicas", 0)
    return [name(obj), desired, current, age(obj, now)]


SCALE = Printer(columns("Desired", "Available", "Age"), _scale)
