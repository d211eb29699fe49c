"""Quotas and limit ranges: what a namespace may use, and what one object in it may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    Internal,
    duplicate,
    each_invalid,
    forbidden_field,
    invalid_value,
    required,
)
from liqolab.kube.kinds.strategies.common import Plain, WithStatus
from liqolab.kube.kinds.validation.resources import (
    may_overcommit,
    validate_amount,
    validate_container_name,
    validate_name,
    validate_quota_name,
)

_OF_PODS = ("Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity")
_PODS = frozenset(("pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory"))
_SCOPES: dict[str, frozenset[str]] = {
    **dict.fromkeys(_OF_PODS, _PODS),
    "BestEffort": frozenset(("pods",)),
    "VolumeAttributesClass": frozenset(("persistentvolumeclaims", "requests.storage")),
}
"""Scope → what can be counted within it."""

_EXISTS_ONLY = ("BestEffort", "NotBestEffort", "Terminating", "NotTerminating", "CrossNamespacePodAffinity")
_EXISTS_TEXT = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
    "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)
_PAIRS = ({"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"})


def _validate_hard(amounts: Mapping[str, Any], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for name, amount in amounts.items():
        at = f"{path}[{name}]"
        errors += [*validate_quota_name(name, at), *validate_amount(name, amount, at)]
    return errors


def _validate_quota(quota: Object) -> list[FieldError]:
    spec = quota.get("spec") or {}
    hard, scopes, selector = spec.get("hard") or {}, spec.get("scopes") or [], spec.get("scopeSelector")
    errors = _validate_hard(hard, "spec.hard")
    for scope in scopes:
        if scope not in _SCOPES:
            errors.append(invalid_value("spec.scopes", scopes, "unsupported scope"))
        errors += [
            invalid_value("spec.scopes", scopes, "unsupported scope applied to resource")
            for name in sorted(hard)
            if _is_out_of(scope, name)
        ]
    errors += _conflicts(scopes, "spec.scopes", scopes)
    return errors + (_validate_selector(selector, hard, scopes) if selector is not None else [])


def _is_out_of(scope: str, name: str) -> bool:
    return scope in _SCOPES and not validate_quota_name(name, "") and "/" not in name and name not in _SCOPES[scope]


def _conflicts(given: list[str], path: str, shown: list[str]) -> list[FieldError]:
    return [invalid_value(path, shown or None, "conflicting scopes") for pair in _PAIRS if pair <= set(given)]


def _validate_selector(selector: Object, hard: Mapping[str, Any], scopes: list[str]) -> list[FieldError]:
    path, errors = "spec.scopeSelector.matchExpressions", []
    rows = selector.get("matchExpressions") or []
    for row in rows:
        scope, operator, values = row.get("scopeName", ""), row.get("operator", ""), row.get("values") or []
        if scope not in _SCOPES:
            errors.append(invalid_value(f"{path}.scopeName", scope, "unsupported scope"))
        errors += [
            invalid_value(path, Internal("core.ScopeSelector", selector), "unsupported scope applied to resource")
            for name in sorted(hard)
            if _is_out_of(scope, name)
        ]
        if scope in _EXISTS_ONLY and operator != "Exists":
            errors.append(invalid_value(f"{path}.operator", operator, _EXISTS_TEXT))
        if operator in ("In", "NotIn"):
            if not values:
                text = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
                errors.append(required(f"{path}.values", text))
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                text = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
                errors.append(invalid_value(f"{path}.values", values, text))
        else:
            errors.append(invalid_value(f"{path}.operator", operator, "not a valid selector operator"))
    return errors + _conflicts([row.get("scopeName", "") for row in rows], path, scopes)


def _scopes_stay(new: Object, old: Object) -> list[FieldError]:
    after, before = ((obj.get("spec") or {}).get("scopes") or [] for obj in (new, old))
    return [] if set(after) == set(before) else [invalid_value("spec.scopes", after or None, IMMUTABLE)]


def _validate_quota_status(new: Object, old: Object) -> list[FieldError]:
    status = new.get("status") or {}
    return [error for field in ("hard", "used") for error in _validate_hard(status.get(field) or {}, f"status.{field}")]


RESOURCE_QUOTA = WithStatus(
    initial={},
    generation=False,
    returns_object=True,
    validate=_validate_quota,
    compare=_scopes_stay,
    check_status=_validate_quota_status,
)

_LIMIT_TYPES = ("Pod", "Container", "PersistentVolumeClaim")
_LIMITS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")


def _validate_limits(obj: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, limit in enumerate((obj.get("spec") or {}).get("limits") or []):
        path, kind = f"spec.limits[{index}]", limit.get("type", "")
        problems = names.qualified_name(kind)
        errors += each_invalid(f"{path}.type", kind, problems)
        if not problems and "/" not in kind and kind not in _LIMIT_TYPES:
            text = "must be a standard limit type or fully qualified"
            errors.append(invalid_value(f"{path}.type", kind, text))
        if kind in seen:
            errors.append(duplicate(f"{path}.type", kind))
        seen.add(kind)
        errors += _validate_limit_names(limit, kind, path)
        for name in dict.fromkeys(name for field in _LIMITS for name in limit.get(field) or {}):
            errors += _compare_limits(limit, name, path)
    return errors


def _validate_limit_names(limit: Object, kind: str, path: str) -> list[FieldError]:
    rule = validate_container_name if kind in ("Pod", "Container") else validate_name
    errors: list[FieldError] = []
    for field in _LIMITS:
        if kind == "Pod" and field in ("default", "defaultRequest"):
            text = "may not be specified when `type` is 'Pod'"
            errors += [forbidden_field(f"{path}.{field}", text)] if limit.get(field) else []
            continue
        bounded = any("storage" in (limit.get(bound) or {}) for bound in ("min", "max"))
        if field == "maxLimitRequestRatio" and kind == "PersistentVolumeClaim" and not bounded:
            text = "either minimum or maximum storage value is required, but neither was provided"
            errors.append(required(f"{path}.limits", text))
        for name in limit.get(field) or {}:
            errors += rule(name, f"{path}.{field}[{name}]")
    return errors


def _compare_limits(limit: Object, name: str, path: str) -> list[FieldError]:
    least, most, default, request, ratio = (
        Quantity.parse((limit.get(field) or {})[name]) if name in (limit.get(field) or {}) else None
        for field in ("min", "max", "default", "defaultRequest", "maxLimitRequestRatio")
    )
    errors: list[FieldError] = []

    def compare(lower: Quantity | None, upper: Quantity | None, field: str, shown: Quantity | None, what: str) -> None:
        if lower is not None and upper is not None and lower > upper:
            text = what.format(lower, upper)
            errors.append(invalid_value(f"{path}.{field}[{name}]", str(shown), text))

    compare(least, most, "min", least, "min value {} is greater than max value {}")
    compare(least, request, "defaultRequest", request, "min value {} is greater than default request value {}")
    compare(request, most, "defaultRequest", request, "default request value {} is greater than max value {}")
    text = "default request value {} is greater than default limit value {}"
    compare(request, default, "defaultRequest", request, text)
    compare(least, default, "default", least, "min value {} is greater than default value {}")
    compare(default, most, "default", most, "default value {} is greater than max value {}")
    if ratio is not None:
        errors += _validate_ratio(ratio, least, most, f"{path}.maxLimitRequestRatio[{name}]")
    if default is not None and request is not None and not may_overcommit(name) and default != request:
        text = f"default value {default} must equal to defaultRequest value {request} in {name}"
        errors.append(invalid_value(f"{path}.defaultRequest[{name}]", str(request), text))
    return errors


def _validate_ratio(ratio: Quantity, least: Quantity | None, most: Quantity | None, path: str) -> list[FieldError]:
    errors = [] if ratio >= Quantity.of(1) else [invalid_value(path, str(ratio), f"ratio {ratio} is less than 1")]
    if least is None or most is None or not least:
        return errors
    possible = most.millis() / least.millis()
    if ratio.millis() / 1000 > possible:
        text = f"ratio {ratio} is greater than max/min = {possible:f}"
        errors.append(invalid_value(path, str(ratio), text))
    return errors


LIMIT_RANGE = Plain(validate=_validate_limits)
