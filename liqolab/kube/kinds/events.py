"""events.k8s.io/v1: the same stored objects as core events, with other field names.

The two APIs are views of one storage, so an event that the scheduler reports through one is listed by the other.
"""

from __future__ import annotations

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds.declaring import field_getter, kind
from liqolab.kube.kinds.printers.core import EVENT
from liqolab.kube.kinds.spec import Printer
from liqolab.kube.kinds.strategies.common import Plain
from liqolab.kube.kinds.validation.events import validate_changed_event, validate_new_event

_FIELDS = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "count": "deprecatedCount",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "reportingComponent": "reportingController",
}
"""core/v1 field → events.k8s.io/v1 field; the others have the same name in both."""

_OMITTED = ("reportingController", "reportingInstance")
"""What a core event shows empty, and this view of it does not."""

_TO_CORE = {new: old for old, new in _FIELDS.items()}

_CORE_REQUIRED: Object = {
    "involvedObject": {},
    "source": {},
    "firstTimestamp": None,
    "lastTimestamp": None,
    "eventTime": None,
    "reportingComponent": "",
    "reportingInstance": "",
}
"""What a core event always shows, even empty."""


def to_core(event: Object) -> Object:
    """An events.k8s.io event as core/v1 stores it."""
    core = {_TO_CORE.get(key, key): value for key, value in event.items()}
    return {**_CORE_REQUIRED, **core, "apiVersion": "v1", "kind": "Event"}


def from_core(event: Object) -> Object:
    """A stored core event as events.k8s.io/v1 shows it."""
    new = {_FIELDS.get(key, key): value for key, value in event.items()}
    new.update(apiVersion="events.k8s.io/v1", kind="Event")
    new.setdefault("eventTime", None)
    return {key: value for key, value in new.items() if value != "" or key not in _OMITTED}


class _EventStrategy(Plain):
    """Events are held against the rules in their core form, as 1.34 does it."""

    def validate_create(self, obj: Object) -> list[FieldError]:
        return validate_new_event(to_core(obj))

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return validate_changed_event(to_core(new), to_core(old))


_REGARDING = {
    **{
        f"regarding.{key}": field_getter(f"regarding.{key}")
        for key in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
    },
    **{key: field_getter(key) for key in ("reason", "reportingController", "type")},
}

KINDS = (
    kind(
        Resource("events.k8s.io", "v1", "events", "Event"),
        short=("ev",),
        strategy=_EventStrategy(),
        printer=Printer(EVENT.columns, lambda event, now: EVENT.cells(to_core(event), now)),
        selectable=_REGARDING,
        storage=resources.EVENTS,
        to_storage=to_core,
        from_storage=from_core,
    ),
)
