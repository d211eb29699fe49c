"""What is wrong with a horizontal pod autoscaler, in the stored form (v2)."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    each_invalid,
    forbidden_field,
    invalid_value,
    not_negative,
    not_supported,
    required,
)
from liqolab.kube.kinds.validation.resources import validate_container_name

_TYPES = ("ContainerResource", "External", "Object", "Pods", "Resource")
_TARGETS = ("Utilization", "Value", "AverageValue")
_SELECT = ("Disabled", "Max", "Min")
_POLICIES = ("Percent", "Pods")
_MAX_WINDOW = 3600
_MAX_PERIOD = 1800
_BOTH_OR_NONE = "must set either a target raw value or a target utilization"


def validate_autoscaler(obj: Object, old: Object | None = None) -> list[FieldError]:
    """An autoscaler of version 2; the version of a target that has not changed is not looked at."""
    spec = obj.get("spec") or {}
    target, before = spec.get("scaleTargetRef") or {}, ((old or {}).get("spec") or {}).get("scaleTargetRef") or {}
    known = old is not None and all(target.get(field) == before.get(field) for field in ("apiVersion", "kind"))
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    errors: list[FieldError] = []
    if least is not None and least < 1:
        errors.append(invalid_value("spec.minReplicas", least, "must be greater than or equal to 1"))
    if most < 1:
        errors.append(invalid_value("spec.maxReplicas", most, "must be greater than 0"))
    if least is not None and most < least:
        errors.append(invalid_value("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"))
    errors += _validate_reference(target, "spec.scaleTargetRef")
    if not known:
        errors += _validate_version(target, "spec.scaleTargetRef", core=target.get("kind") == "ReplicationController")
    metrics = spec.get("metrics") or []
    for index, metric in enumerate(metrics):
        errors += _validate_metric(metric, f"spec.metrics[{index}]")
    if least == 0 and not any(metric.get("type") in ("Object", "External") for metric in metrics):
        text = "must specify at least one Object or External metric to support scaling to zero replicas"
        errors.append(forbidden_field("spec.metrics", text))
    for field in ("scaleUp", "scaleDown"):
        if (rules := (spec.get("behavior") or {}).get(field)) is not None:
            errors += _validate_rules(rules, f"spec.behavior.{field}")
    return errors


def validate_autoscaler_status(new: Object, old: Object) -> list[FieldError]:
    """Counts of replicas."""
    status = new.get("status") or {}
    fields = ("currentReplicas", "desiredReplicas")
    return [error for field in fields for error in not_negative(f"status.{field}", status.get(field))]


def _validate_reference(reference: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for field in ("kind", "name"):
        value, at = reference.get(field, ""), f"{path}.{field}"
        errors += each_invalid(at, value, names.path_segment(value)) if value else [required(at)]
    return errors


def _validate_version(reference: Object, path: str, *, core: bool) -> list[FieldError]:
    """`core`: whether the group may be the one without a name."""
    version = reference.get("apiVersion", "")
    if version.count("/") > 1:
        text = f"unexpected GroupVersion string: {version}"
    elif not core and not version.rpartition("/")[0]:
        text = "apiVersion must specify API group"
    else:
        return []
    return [invalid_value(f"{path}.apiVersion", version, text)]


def _validate_rules(rules: Object, path: str) -> list[FieldError]:
    window, select, at = rules.get("stabilizationWindowSeconds"), rules.get("selectPolicy"), f"{path}.policies"
    errors: list[FieldError] = []
    if window is not None and window < 0:
        text = "must be greater than or equal to zero"
        errors.append(invalid_value(f"{path}.stabilizationWindowSeconds", window, text))
    if window is not None and window > _MAX_WINDOW:
        text = f"must be less than or equal to {_MAX_WINDOW}"
        errors.append(invalid_value(f"{path}.stabilizationWindowSeconds", window, text))
    if select is not None and select not in _SELECT:
        errors.append(not_supported(f"{path}.selectPolicy", select, _SELECT))
    policies = rules.get("policies")
    if policies is not None and not policies:
        errors.append(required(at, "must specify at least one Policy"))
    for index, policy in enumerate(policies or []):
        errors += _validate_policy(policy, f"{at}[{index}]")
    if (tolerance := rules.get("tolerance")) is not None and Quantity.parse(tolerance).nanos < 0:
        text = "must be greater than or equal to 0"
        errors.append(invalid_value(f"{path}.tolerance", str(Quantity.parse(tolerance)), text))
    return errors


def _validate_policy(policy: Object, path: str) -> list[FieldError]:
    kind, period = policy.get("type", ""), policy.get("periodSeconds") or 0
    errors = [] if kind in _POLICIES else [not_supported(f"{path}.type", kind, _POLICIES)]
    for field in ("value", "periodSeconds"):
        if (value := policy.get(field) or 0) <= 0:
            errors.append(invalid_value(f"{path}.{field}", value, "must be greater than zero"))
    if period > _MAX_PERIOD:
        text = f"must be less than or equal to {_MAX_PERIOD}"
        errors.append(invalid_value(f"{path}.periodSeconds", period, text))
    return errors


_FIELDS = ("object", "external", "pods", "resource", "containerResource")


def _validate_metric(metric: Object, path: str) -> list[FieldError]:
    kind = metric.get("type", "")
    errors = [] if kind else [required(f"{path}.type", "must specify a metric source type")]
    if kind not in _TYPES:
        errors.append(not_supported(f"{path}.type", kind, _TYPES))
    present = [field for field in _FIELDS if metric.get(field) is not None]
    if present:
        field = present[0]
        errors += _validate_source(field, metric[field], f"{path}.{field}")
    wanted = kind[:1].lower() + kind[1:]
    if kind not in _TYPES:
        errors.append(not_supported(f"{path}.type", kind, _TYPES))
    elif metric.get(wanted) is None:
        text = "must populate information for the given metric source"
        errors.append(required(f"{path}.{wanted}", text))
    if len(present) != 1:
        text = "must populate the given metric source only"
        errors += [forbidden_field(f"{path}.{field}", text) for field in present if field != wanted]
    return errors


def _validate_source(kind: str, source: Object, path: str) -> list[FieldError]:
    target, at = source.get("target") or {}, f"{path}.target"
    errors: list[FieldError] = []
    if kind == "object":
        described = source.get("describedObject") or {}
        errors += _validate_reference(described, f"{path}.describedObject")
        errors += _validate_version(described, f"{path}.describedObject", core=True)
    if kind in ("object", "external", "pods"):
        name = (source.get("metric") or {}).get("name", "")
        where = f"{path}.metric.name"
        errors += (
            each_invalid(where, name, names.path_segment(name))
            if name
            else [required(where, "must specify a metric name")]
        )
        return [*errors, *_validate_target(target, at), *_validate_values(kind, target, at)]
    name = source.get("name", "")
    if not name:
        errors.append(required(f"{path}.name", "must specify a resource name"))
    elif kind == "containerResource":
        errors += validate_container_name(name, f"{path}.name")
    if kind == "containerResource":
        container, where = source.get("container", ""), f"{path}.container"
        missing = required(where, "must specify a container")
        errors += each_invalid(where, container, names.dns1123_label(container)) if container else [missing]
    errors += _validate_target(target, at)
    share, value = target.get("averageUtilization"), target.get("averageValue")
    if share is None and value is None:
        errors.append(required(f"{at}.averageUtilization", _BOTH_OR_NONE))
    if share is not None and value is not None:
        text = "may not set both a target raw value and a target utilization"
        errors.append(forbidden_field(f"{at}.averageValue", text))
    return errors


def _validate_values(kind: str, target: Object, path: str) -> list[FieldError]:
    total, average, at = target.get("value"), target.get("averageValue"), f"{path}.averageValue"
    if kind == "pods":
        text = "must specify a positive target averageValue"
        return [] if average is not None else [required(at, text)]
    if total is None and average is None:
        texts = {
            "object": "must set either a target value or averageValue",
            "external": "must set either a target value for metric or a per-pod target",
        }
        return [required(at, texts[kind])]
    if kind == "external" and total is not None and average is not None:
        text = "may not set both a target value for metric and a per-pod target"
        return [forbidden_field(f"{path}.value", text)]
    return []


def _validate_target(target: Object, path: str) -> list[FieldError]:
    kind, share = target.get("type", ""), target.get("averageUtilization")
    errors = [] if kind else [required(f"{path}.type", "must specify a metric target type")]
    if kind not in _TARGETS:
        text = "must be either Utilization, Value, or AverageValue"
        errors.append(invalid_value(f"{path}.type", kind, text))
    for field in ("value", "averageValue"):
        amount: Any = target.get(field)
        if amount is not None and Quantity.parse(amount).nanos <= 0:
            errors.append(invalid_value(f"{path}.{field}", str(Quantity.parse(amount)), "must be positive"))
    if share is not None and share < 1:
        errors.append(invalid_value(f"{path}.averageUtilization", share, "must be greater than 0"))
    return errors
