"""Disruption budgets and leases."""

from __future__ import annotations

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    Internal,
    invalid_value,
    not_negative,
    not_supported,
)
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.labels import validate_label_selector
from liqolab.kube.kinds.validation.shares import not_above_hundred, validate_share

_EVICTION = ("AlwaysAllow", "IfHealthyBudget")


def _validate_budget(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors: list[FieldError] = []
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        shown = Internal("policy.PodDisruptionBudgetSpec", spec)
        errors.append(invalid_value("spec", shown, "minAvailable and maxUnavailable cannot be both set"))
    for key in ("minAvailable", "maxUnavailable"):
        if (value := spec.get(key)) is not None:
            errors += [*validate_share(value, f"spec.{key}"), *not_above_hundred(value, f"spec.{key}")]
    errors += validate_label_selector(spec.get("selector") or {}, "spec.selector")
    eviction = spec.get("unhealthyPodEvictionPolicy")
    if eviction is not None and eviction not in _EVICTION:
        errors.append(not_supported("spec.unhealthyPodEvictionPolicy", eviction, _EVICTION))
    return errors


_BUDGET_COUNTS = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")


def _validate_budget_status(new: Object, old: Object) -> list[FieldError]:
    status = new.get("status") or {}
    return [error for field in _BUDGET_COUNTS for error in not_negative(f"status.{field}", status.get(field))]


DISRUPTION_BUDGET = WithStatus(
    initial={"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0},
    validate=_validate_budget,
    check_status=_validate_budget_status,
    unconditional=False,
)


def validate_lease(lease: Object) -> list[FieldError]:
    """Durations are positive, counts not negative."""
    spec = lease.get("spec") or {}
    errors = []
    duration = spec.get("leaseDurationSeconds")
    if duration is not None and duration <= 0:
        errors.append(invalid_value("spec.leaseDurationSeconds", duration, "must be greater than 0"))
    return errors + not_negative("spec.leaseTransitions", spec.get("leaseTransitions"))
