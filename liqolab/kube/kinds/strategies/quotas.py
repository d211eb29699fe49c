"""Resource quotas: what may be limited, and within which scopes."""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import IMMUTABLE, Internal, each_invalid, invalid_value, required
from liqolab.kube.kinds.strategies.common import WithStatus

_COUNTS: Final = frozenset(
    (
        *("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"),
        *("persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
    )
)
_COMPUTE: Final = frozenset(("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"))
_AMOUNTS: Final = _COMPUTE | {
    *("ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage", "requests.storage"),
}
_HUGE_PAGES: Final = ("hugepages-", "requests.hugepages-")

_POD_NAMES: Final = _COMPUTE | {"pods"}
_VALID_FOR: Final = {
    "Terminating": _POD_NAMES,
    "NotTerminating": _POD_NAMES,
    "NotBestEffort": _POD_NAMES,
    "PriorityClass": _POD_NAMES,
    "CrossNamespacePodAffinity": _POD_NAMES,
    "BestEffort": frozenset(("pods",)),
    "VolumeAttributesClass": frozenset(("persistentvolumeclaims", "requests.storage")),
}
"""Scope → the standard names that a quota of that scope may limit."""

_CONFLICTS: Final = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_ONLY_EXISTS: Final = frozenset(_VALID_FOR) - {"PriorityClass", "VolumeAttributesClass"}
_EXISTS_NEEDED: Final = (
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
    "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
)


def _is_standard(name: str) -> bool:
    return name in _COUNTS or name in _AMOUNTS or name.startswith(_HUGE_PAGES)


def _validate(quota: Object) -> list[FieldError]:
    spec = quota.get("spec") or {}
    hard: Object = spec.get("hard") or {}
    errors: list[FieldError] = []
    for name, value in sorted(hard.items()):
        path = f"spec.hard[{name}]"
        errors += each_invalid(path, name, names.qualified_name(name))
        if "/" not in name and not _is_standard(name):
            errors.append(invalid_value(path, name, "must be a standard resource type or fully qualified"))
            errors.append(invalid_value(path, name, "must be a standard resource for quota"))
        amount = Quantity.parse(value)
        if amount.nanos < 0:
            errors.append(invalid_value(path, str(value), "must be greater than or equal to 0"))
        if name in _COUNTS and amount.millis() % 1000:
            errors.append(invalid_value(path, str(amount), "must be an integer"))
    scopes: list[str] = spec.get("scopes") or []
    for scope in scopes:
        errors += _validate_scope(scope, hard, "spec.scopes", scopes)
    errors += _conflicts(scopes, "spec.scopes", scopes)
    errors += _validate_selector(spec.get("scopeSelector") or {}, hard, scopes)
    # What is wrong in the same words for several names is said once.
    return list(dict.fromkeys(errors))


def _validate_scope(scope: str, hard: Object, path: str, shown: object) -> list[FieldError]:
    valid = _VALID_FOR.get(scope, frozenset())
    text = "unsupported scope applied to resource"
    unfit = any(_is_standard(name) and name not in valid for name in hard)
    errors = [] if scope in _VALID_FOR else [invalid_value(path, shown, "unsupported scope")]
    return [*errors, invalid_value(path, shown, text)] if unfit else errors


def _conflicts(scopes: list[str], path: str, shown: object) -> list[FieldError]:
    return [invalid_value(path, shown, "conflicting scopes") for pair in _CONFLICTS if {*pair} <= {*scopes}]


def _validate_selector(selector: Object, hard: Object, scopes: list[str]) -> list[FieldError]:
    path = "spec.scopeSelector.matchExpressions"
    errors: list[FieldError] = []
    named: list[str] = []
    shown = Internal("core.ScopeSelector", selector)
    for row in selector.get("matchExpressions") or ():
        scope, operator, values = row.get("scopeName", ""), row.get("operator", ""), row.get("values") or []
        if scope not in _VALID_FOR:
            errors.append(invalid_value(f"{path}.scopeName", scope, "unsupported scope"))
        errors += [error for error in _validate_scope(scope, hard, path, shown) if scope in _VALID_FOR]
        if scope in _ONLY_EXISTS and operator != "Exists":
            errors.append(invalid_value(f"{path}.operator", operator, _EXISTS_NEEDED))
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
        named.append(scope)
    return errors + _conflicts(named, path, scopes)


def _compare(new: Object, old: Object) -> list[FieldError]:
    after, before = ((quota.get("spec") or {}).get("scopes") or [] for quota in (new, old))
    return [] if {*after} == {*before} else [invalid_value("spec.scopes", after, IMMUTABLE)]


QUOTA = WithStatus(initial={}, generation=False, returns_object=True, validate=_validate, compare=_compare)
