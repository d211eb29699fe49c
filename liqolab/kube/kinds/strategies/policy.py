"""Disruption budgets and leases."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    invalid_value,
    not_negative,
)
from liqolab.kube.kinds.strategies.common import WithStatus
from liqolab.kube.kinds.validation.labels import validate_label_selector


def _validate_share(value: Any, path: str) -> list[FieldError]:
    if isinstance(value, int):
        return not_negative(path, value)
    if isinstance(value, str) and (not value.endswith("%") or not value[:-1].isdigit()):
        text = (
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
            "regex used for validation is '[0-9]+%')"
        )
        return [invalid_value(path, value, text)]
    return []


def _validate_budget(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    errors = []
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        errors.append(invalid_value("spec", "", "minAvailable and maxUnavailable cannot be both set"))
    for key in ("minAvailable", "maxUnavailable"):
        errors += _validate_share(spec.get(key), f"spec.{key}")
    return errors + validate_label_selector(spec.get("selector") or {}, "spec.selector")


DISRUPTION_BUDGET = WithStatus(
    initial={"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0},
    validate=_validate_budget,
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
