"""Events: the core API asks little of them; events.k8s.io asks for all that a new reporter should say.

Rules and texts follow ``pkg/apis/core/validation/events.go`` of 1.34, which sees core events whichever way they came.
"""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import IMMUTABLE, each_invalid, invalid_value, required

_LIMITS: Final = {"reportingInstance": 128, "action": 128, "reason": 128, "message": 1024}
_TYPES: Final = ("Normal", "Warning")
_OLD_FIELDS: Final[Object] = {"firstTimestamp": None, "lastTimestamp": None, "count": 0, "source": {}}
"""What only old reporters fill in."""
_FIXED: Final = (
    *("involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "reason", "type"),
    *("eventTime", "action", "related", "reportingController", "reportingInstance"),
)
"""What an update through events.k8s.io may not change, in the order in which it is told."""


def validate_event(event: Object, reporter: str = "reportingComponent") -> list[FieldError]:
    """What every event has to be.

    Args:
        event: in its core form.
        reporter: what the API that was asked calls the field of the reporting controller.
    """
    namespace = event["metadata"].get("namespace", "")
    about = (event.get("involvedObject") or {}).get("namespace", "")
    if event.get("eventTime"):
        fits = bool(about) or namespace in ("default", "kube-system")
    else:
        fits = about == namespace or (not about and namespace == "default")
    errors = [] if fits else [invalid_value("involvedObject.namespace", about, "does not match event.namespace")]
    return errors + (_validate_reporter(event, reporter) if event.get("eventTime") else [])


def validate_new_event(event: Object) -> list[FieldError]:
    """What an event that comes through events.k8s.io/v1 has to be besides."""
    errors = [*validate_event(event, "reportingController"), *_validate_series(event)]
    if not event.get("eventTime"):
        errors.append(required("eventTime"))
    if (kind := event.get("type") or "") not in _TYPES:
        errors.append(invalid_value("type", "", f"has invalid value: {kind}"))
    needless = [field for field, empty in _OLD_FIELDS.items() if (event.get(field) or empty) != empty]
    return errors + [invalid_value(field, "", "needs to be unset") for field in needless]


def validate_changed_event(new: Object, old: Object) -> list[FieldError]:
    """What an update through events.k8s.io/v1 may change: the series, and nothing else that it says."""
    errors = validate_event(new, "reportingController")
    errors += _validate_series(new) if new.get("series") != old.get("series") else []
    return errors + [
        invalid_value(field, value, IMMUTABLE)
        for field in _FIXED
        for stored in [field.replace("Controller", "Component")]
        if (value := new.get(stored)) != old.get(stored)
    ]


def _validate_reporter(event: Object, reporter: str) -> list[FieldError]:
    who, errors = event.get("reportingComponent") or "", []
    errors += [] if who else [required(reporter)]
    errors += each_invalid(reporter, who, names.qualified_name(who))
    for field, limit in _LIMITS.items():
        text = event.get(field) or ""
        if not text and field != "message":
            errors.append(required(field))
        if len(text.encode()) > limit:
            errors.append(invalid_value(field, "", f"can have at most {limit} characters"))
    return errors


def _validate_series(event: Object) -> list[FieldError]:
    series, errors = event.get("series"), []
    if series is None:
        return []
    if int(series.get("count") or 0) < 2:
        errors.append(invalid_value("series.count", "", "should be at least 2"))
    if not series.get("lastObservedTime"):
        errors.append(required("series.lastObservedTime"))
    return errors
