"""What a claim for devices, a class of them, and a slice of a node's may look like.

Source: ``pkg/apis/resource/validation``; expressions are stored as they are, and the insides of devices (attributes,
capacities, counters) are their driver's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    Internal,
    duplicate,
    each_invalid,
    invalid_value,
    not_supported,
    required,
    too_many,
)
from liqolab.kube.kinds.strategies.common import Plain, WithStatus
from liqolab.kube.kinds.validation.placement import validate_node_selector

_MOST: Final = 32
"""Requests, constraints, selectors and configurations of one list."""

_MOST_ALTERNATIVES: Final = 8
_MOST_DEVICES: Final = 128
_MODES: Final = ("All", "ExactCount")
_ONE_OF: Final = "exactly one of `exactly` or `firstAvailable` is required"
_ONE_PLACE: Final = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"

Check = Callable[[Object, str], list[FieldError]]


def _each(rows: Sequence[Object], at: str, most: int, check: Check) -> list[FieldError]:
    errors = [error for index, row in enumerate(rows) for error in check(row, f"{at}[{index}]")]
    return [*errors, too_many(at, len(rows), most)] if len(rows) > most else errors


def _each_named(rows: Sequence[Object], at: str, most: int, check: Check) -> list[FieldError]:
    errors, seen = _each(rows, at, most, check), set[str]()
    for index, row in enumerate(rows):
        name = row.get("name", "")
        if name in seen:
            errors.append(duplicate(f"{at}[{index}].name", name))
        seen.add(name)
    return errors


def _label(row: Object, at: str) -> list[FieldError]:
    name = row.get("name", "")
    return each_invalid(f"{at}.name", name, names.dns1123_label(name))


def _selector(row: Object, at: str) -> list[FieldError]:
    return [] if row.get("cel") is not None else [required(f"{at}.cel")]


def _config(row: Object, at: str) -> list[FieldError]:
    return [] if row.get("opaque") is not None else [required(f"{at}.opaque")]


def _wanted(request: Object, at: str) -> list[FieldError]:
    """What both kinds of request say: a class, selectors, and how many."""
    name = request.get("deviceClassName", "")
    class_at = f"{at}.deviceClassName"
    errors = each_invalid(class_at, name, names.dns1123_subdomain(name)) if name else [required(class_at)]
    errors += _each(request.get("selectors") or [], f"{at}.selectors", _MOST, _selector)
    mode, count = request.get("allocationMode", ""), request.get("count", 0)
    if mode not in _MODES:
        errors.append(not_supported(f"{at}.allocationMode", mode, _MODES))
    elif mode == "All" and count:
        errors.append(invalid_value(f"{at}.count", count, "must not be specified when allocationMode is 'All'"))
    elif mode == "ExactCount" and count <= 0:
        errors.append(invalid_value(f"{at}.count", count, "must be greater than zero"))
    return errors


def _alternative(request: Object, at: str) -> list[FieldError]:
    return _label(request, at) + _wanted(request, at)


def _request(request: Object, at: str) -> list[FieldError]:
    errors, exactly, alternatives = _label(request, at), request.get("exactly"), request.get("firstAvailable") or []
    errors += _each_named(alternatives, f"{at}.firstAvailable", _MOST_ALTERNATIVES, _alternative)
    if exactly is not None:
        errors += _wanted(exactly, f"{at}.exactly")
    if exactly is None and not alternatives:
        errors.append(required(at, _ONE_OF))
    elif exactly is not None and alternatives:
        errors.append(invalid_value(at, None, f"{_ONE_OF}, but multiple fields are set"))
    return errors


def _claim_spec(spec: Object, at: str) -> list[FieldError]:
    devices, at = spec.get("devices") or {}, f"{at}.devices"
    return [
        *_each_named(devices.get("requests") or [], f"{at}.requests", _MOST, _request),
        *_each(devices.get("config") or [], f"{at}.config", _MOST, _config),
    ]


def _is_as_it_was(type_name: str) -> Callable[[Object, Object], list[FieldError]]:
    def compare(new: Object, old: Object) -> list[FieldError]:
        if (new.get("spec") or {}) == (old.get("spec") or {}):
            return []
        return [invalid_value("spec", Internal(type_name, new.get("spec") or {}), IMMUTABLE)]

    return compare


def _validate_class(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    return [
        *_each(spec.get("selectors") or [], "spec.selectors", _MOST, _selector),
        *_each(spec.get("config") or [], "spec.config", _MOST, _config),
    ]


def _validate_slice(obj: Object) -> list[FieldError]:
    spec = obj.get("spec") or {}
    pool = spec.get("pool") or {}
    driver, name = spec.get("driver", ""), pool.get("name", "")
    errors = [] if driver else [required("spec.driver")]
    errors += each_invalid("spec.driver", driver, names.dns1123_subdomain(driver.lower()))
    errors += each_invalid("spec.pool.name", name, names.dns1123_subdomain(name)) if name else []
    errors += [] if name else [required("spec.pool.name")]
    for field, least, text in (("resourceSliceCount", 1, "zero"), ("generation", 0, "or equal to zero")):
        if pool.get(field, 0) < least:
            errors.append(invalid_value(f"spec.pool.{field}", pool.get(field, 0), f"must be greater than {text}"))
    errors += _place_errors(spec)
    return errors + _each_named(spec.get("devices") or [], "spec.devices", _MOST_DEVICES, _label)


def _place_errors(spec: Object) -> list[FieldError]:
    errors: list[FieldError] = []
    node, selector = spec.get("nodeName"), spec.get("nodeSelector")
    given = ["`nodeName`"] if node else []
    if node == "":
        errors.append(invalid_value("spec.nodeName", node, "must be either unset or set to a non-empty string"))
    elif node:
        errors += each_invalid("spec.nodeName", node, names.dns1123_subdomain(node))
    if selector is not None:
        given.append("`nodeSelector`")
        errors += validate_node_selector(selector, "spec.nodeSelector")
    for field in ("allNodes", "perDeviceNodeSelection"):
        if spec.get(field):
            given.append(f"`{field}`")
        elif spec.get(field) is not None:
            errors.append(invalid_value(f"spec.{field}", spec[field], "must be either unset or set to true"))
    if not given:
        errors.append(required("spec", _ONE_PLACE))
    elif len(given) > 1:
        shown = f"{{{', '.join(given)}}}"
        errors.append(invalid_value("spec", shown, f"{_ONE_PLACE}, but multiple fields are set"))
    return errors


def _compare_slice(new: Object, old: Object) -> list[FieldError]:
    after, before = new.get("spec") or {}, old.get("spec") or {}
    pairs = (
        ("spec.pool.name", *((spec.get("pool") or {}).get("name", "") for spec in (after, before))),
        *((f"spec.{field}", after.get(field), before.get(field)) for field in ("driver", "nodeName")),
    )
    return [invalid_value(at, value, IMMUTABLE) for at, value, earlier in pairs if value != earlier]


DEVICE_CLASS = Plain(validate=_validate_class, generation=True, returns_object=True)
RESOURCE_CLAIM = WithStatus(
    initial={},
    generation=False,
    returns_object=True,
    validate=lambda obj: _claim_spec(obj.get("spec") or {}, "spec"),
    compare=_is_as_it_was("resource.ResourceClaimSpec"),
)
CLAIM_TEMPLATE = Plain(
    returns_object=True,
    validate=lambda obj: _claim_spec((obj.get("spec") or {}).get("spec") or {}, "spec.spec"),
    compare=_is_as_it_was("resource.ResourceClaimTemplateSpec"),
)
RESOURCE_SLICE = Plain(validate=_validate_slice, compare=_compare_slice, generation=True, returns_object=True)
