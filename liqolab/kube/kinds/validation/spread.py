"""``topologySpreadConstraints``: how evenly pods are to lie over zones, nodes, or whatever a label tells apart."""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import duplicate, invalid_value, not_supported, required
from liqolab.kube.kinds.validation.labels import validate_label_selector
from liqolab.kube.kinds.validation.placement import validate_label_keys

_UNSATISFIABLE = ("DoNotSchedule", "ScheduleAnyway")
_INCLUSION = ("Honor", "Ignore")
_NOT_POSITIVE = "must be greater than zero"


def validate_spread(constraints: Sequence[Object], path: str) -> list[FieldError]:
    """All constraints of a pod."""
    errors: list[FieldError] = []
    for index, row in enumerate(constraints):
        at, key, action = f"{path}[{index}]", row.get("topologyKey", ""), row.get("whenUnsatisfiable", "")
        if (skew := row.get("maxSkew") or 0) <= 0:
            errors.append(invalid_value(f"{at}.maxSkew", skew, _NOT_POSITIVE))
        if not key:
            errors.append(required(f"{at}.topologyKey", "can not be empty"))
        if action not in _UNSATISFIABLE:
            errors.append(not_supported(f"{at}.whenUnsatisfiable", action, _UNSATISFIABLE))
        rest = [
            (other.get("topologyKey", ""), other.get("whenUnsatisfiable", "")) for other in constraints[index + 1 :]
        ]
        if (key, action) in rest:
            errors.append(duplicate(f"{at}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}"))
        errors += _validate_domains(row.get("minDomains"), action, f"{at}.minDomains")
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if row.get(field) is not None and row[field] not in _INCLUSION:
                errors.append(not_supported(f"{at}.{field}", row[field], _INCLUSION))
        errors += validate_label_keys(row, at)
        errors += validate_label_selector(row.get("labelSelector") or {}, f"{at}.labelSelector")
    return errors


def _validate_domains(domains: int | None, action: str, path: str) -> list[FieldError]:
    if domains is None:
        return []
    errors = [] if domains > 0 else [invalid_value(path, domains, _NOT_POSITIVE)]
    if action != "DoNotSchedule":
        text = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        errors.append(invalid_value(path, domains, text))
    return errors
