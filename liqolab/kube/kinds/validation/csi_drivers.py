"""CSI drivers: what they say of themselves. Rules and texts follow ``pkg/apis/storage/validation`` of 1.34."""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import IMMUTABLE, duplicate, invalid_value, not_supported, one_of
from liqolab.kube.kinds.validation.volumes import validate_driver_name

_GROUP_POLICIES: Final = ("File", "None", "ReadWriteOnceWithFSType")
_LIFECYCLES: Final = ("Persistent", "Ephemeral")
_LEAST_TOKEN_SECONDS: Final = 600
_MOST_TOKEN_SECONDS: Final = 1 << 32
_LEAST_UPDATE_SECONDS: Final = 10
_FIXED: Final = ("attachRequired", "volumeLifecycleModes")


def validate_csi_driver(driver: Object) -> list[FieldError]:
    """What is wrong with a driver, without its metadata."""
    spec = driver.get("spec") or {}
    errors = validate_driver_name(driver["metadata"].get("name", ""), "name")
    errors += one_of("spec.fsGroupPolicy", spec.get("fsGroupPolicy"), _GROUP_POLICIES)
    errors += _validate_tokens(spec.get("tokenRequests") or [])
    errors += [
        not_supported("spec.volumeLifecycleModes", mode, _LIFECYCLES)
        for mode in spec.get("volumeLifecycleModes") or []
        if mode not in _LIFECYCLES
    ]
    period = spec.get("nodeAllocatableUpdatePeriodSeconds")
    if period is not None and period < _LEAST_UPDATE_SECONDS:
        text = f"must be greater than or equal to {_LEAST_UPDATE_SECONDS} seconds"
        errors.append(invalid_value("spec.nodeAllocatableUpdatePeriodSeconds", period, text))
    return errors


def compare_csi_drivers(new: Object, old: Object) -> list[FieldError]:
    """What an update may not change."""
    after, before = new.get("spec") or {}, old.get("spec") or {}
    return [
        invalid_value("spec.attachedRequired" if field == "attachRequired" else f"spec.{field}", value, IMMUTABLE)
        for field in _FIXED
        if (value := after.get(field)) != before.get(field)
    ]


def _validate_tokens(requests: list[Object]) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, request in enumerate(requests):
        at, audience, seconds = (
            f"spec.tokenRequests[{index}]",
            request.get("audience", ""),
            request.get("expirationSeconds"),
        )
        if audience in seen:
            errors.append(duplicate(f"{at}.audience", audience))
            continue
        seen.add(audience)
        if seconds is not None and seconds < _LEAST_TOKEN_SECONDS:
            errors.append(
                invalid_value(f"{at}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
            )
        if seconds is not None and seconds > _MOST_TOKEN_SECONDS:
            text = "may not specify a duration larger than 2^32 seconds"
            errors.append(invalid_value(f"{at}.expirationSeconds", seconds, text))
    return errors
