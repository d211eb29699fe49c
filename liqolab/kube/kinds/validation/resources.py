"""Amounts of resources: what they may be called, how large they may be, and how requests and limits go together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    NOT_INTEGER,
    NOT_NEGATIVE,
    duplicate,
    each_invalid,
    forbidden_field,
    invalid_value,
    missing,
    not_supported,
    required,
)

_COMPUTE = ("cpu", "memory", "ephemeral-storage")
_COUNTED = frozenset(
    (
        *("pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps"),
        *("persistentvolumeclaims", "services.nodeports", "services.loadbalancers"),
    )
)
_QUOTA = frozenset(
    (
        *_COMPUTE,
        *_COUNTED,
        *(f"{kind}.{name}" for kind in ("requests", "limits") for name in _COMPUTE),
        "requests.storage",
    )
)
_STANDARD = _QUOTA | {"storage"}
_HUGE = "hugepages-"
_OF_PODS = ("cpu", "hugepages-", "memory")

NameRule = Callable[[str, str], list[FieldError]]


def is_native(name: str) -> bool:
    """Whether Kubernetes itself defines a resource."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """Whether a resource is somebody else's, such as ``nvidia.com/gpu``."""
    return not is_native(name) and not name.startswith("requests.") and not names.qualified_name(f"requests.{name}")


def may_overcommit(name: str) -> bool:
    """Whether more may be limited than requested."""
    return is_native(name) and not name.startswith(_HUGE)


def _is_quota(name: str) -> bool:
    return name in _QUOTA or name.startswith((_HUGE, f"requests.{_HUGE}"))


def validate_name(name: str, path: str) -> list[FieldError]:
    """The name of any resource."""
    errors = each_invalid(path, name, names.qualified_name(name))
    if not errors and "/" not in name and name not in _STANDARD and not _is_quota(name):
        errors.append(invalid_value(path, name, "must be a standard resource type or fully qualified"))
    return errors


def validate_container_name(name: str, path: str) -> list[FieldError]:
    """The name of a resource that containers ask for."""
    errors = validate_name(name, path)
    if "/" not in name:
        if name not in _COMPUTE and not name.startswith(_HUGE):
            errors.append(invalid_value(path, name, "must be a standard resource for containers"))
    elif not is_native(name) and not is_extended(name):
        errors.append(invalid_value(path, name, "doesn't follow extended resource name standard"))
    return errors


def validate_pod_name(name: str, path: str) -> list[FieldError]:
    """The name of a resource that a pod as a whole asks for."""
    errors = validate_name(name, path)
    if errors or name in ("cpu", "memory") or name.startswith(_HUGE):
        return errors
    return [not_supported(path, name, _OF_PODS)]


def validate_quota_name(name: str, path: str) -> list[FieldError]:
    """The name of what a quota counts."""
    errors = validate_name(name, path)
    if "/" not in name and not _is_quota(name):
        errors.append(invalid_value(path, name, "must be a standard resource for quota"))
    return errors


def validate_amount(name: str, amount: Any, path: str) -> list[FieldError]:
    """An amount of a resource: not below zero, and a whole number of what comes in pieces."""
    quantity = Quantity.parse(amount)
    errors = [invalid_value(path, str(quantity), NOT_NEGATIVE)] if quantity.nanos < 0 else []
    if (name in _COUNTED or is_extended(name)) and quantity.millis() % 1000:
        errors.append(invalid_value(path, str(quantity), NOT_INTEGER))
    return errors


def validate_positive_amount(amount: Any, path: str) -> list[FieldError]:
    """An amount above zero."""
    quantity = Quantity.parse(amount)
    return [] if quantity.nanos > 0 else [invalid_value(path, str(quantity), "must be greater than zero")]


def validate_requirements(
    resources: Object, path: str, *, claims: Sequence[str] = (), rule: NameRule = validate_container_name
) -> list[FieldError]:
    """``limits``, ``requests`` and ``claims``.

    Args:
        resources: a ``ResourceRequirements``.
        path: where it stands.
        claims: the names of the pod's resource claims.
        rule: which resources may be named.
    """
    limits: Mapping[str, Any] = resources.get("limits") or {}
    requests: Mapping[str, Any] = resources.get("requests") or {}
    errors: list[FieldError] = []
    for name, amount in limits.items():
        errors += _validate_entry(name, amount, f"{path}.limits[{name}]", rule)
        errors += _validate_pages(name, amount, f"{path}.limits[{name}]")
    for name, amount in requests.items():
        errors += _validate_entry(name, amount, f"{path}.requests[{name}]", rule)
        errors += _compare(name, amount, limits, path)
        errors += _validate_pages(name, amount, f"{path}.requests[{name}]")
    named = {*limits, *requests}
    if any(name.startswith(_HUGE) for name in named) and not named & {"cpu", "memory"}:
        errors.append(forbidden_field(path, "HugePages require cpu or memory"))
    return errors + _validate_claims(resources.get("claims") or [], f"{path}.claims", claims)


def _validate_entry(name: str, amount: Any, path: str, rule: NameRule) -> list[FieldError]:
    return [*rule(name, path), *validate_amount(name, amount, path)]


def _validate_pages(name: str, amount: Any, path: str) -> list[FieldError]:
    if not name.startswith(_HUGE):
        return []
    quantity = Quantity.parse(amount)
    try:
        size = Quantity.parse(name.removeprefix(_HUGE)).value()
    except ValueError:
        size = 0
    if size > 0 and quantity.value() % size == 0:
        return []
    return [invalid_value(path, str(quantity), f"{quantity} is not positive integer multiple of {name}")]


def _compare(name: str, amount: Any, limits: Mapping[str, Any], path: str) -> list[FieldError]:
    if name not in limits:
        if may_overcommit(name):
            return []
        return [required(f"{path}.limits", "Limit must be set for non overcommitable resources")]
    wanted, most = Quantity.parse(amount), Quantity.parse(limits[name])
    if wanted != most and not may_overcommit(name):
        return [invalid_value(f"{path}.requests", str(wanted), f"must be equal to {name} limit of {most}")]
    if wanted > most:
        text = f"must be less than or equal to {name} limit of {most}"
        return [invalid_value(f"{path}.requests", str(wanted), text)]
    return []


def _validate_claims(rows: Sequence[Object], path: str, known: Sequence[str]) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, row in enumerate(rows):
        at, name, request = f"{path}[{index}]", row.get("name", ""), row.get("request", "")
        if not name:
            errors.append(required(at))
            continue
        key = f"{name}/{request}" if request else name
        if request:
            errors += each_invalid(f"{at}.request", request, names.dns1123_label(request))
        if name in seen or key in seen or (not request and any(other.startswith(f"{name}/") for other in seen)):
            errors.append(duplicate(at, name if name in seen or not request else key))
        seen.add(key)
        if name not in known:
            text = "must be one of the names in pod.spec.resourceClaims"
            text += ": " + ", ".join(sorted(known)) if known else " which is empty"
            errors.append(missing(at, name, text))
    return errors
