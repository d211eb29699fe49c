"""Kinds whose fields were other ones in an older version, and the way between the two.

Source: ``pkg/apis/*/v*beta*/conversion.go``. What an older version has no field for is not shown by it. No function
changes what it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from liqolab.apimachinery import builtin as resources
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.kube.kinds import autoscaling, events
from liqolab.kube.kinds.spec import Strategy
from liqolab.kube.kinds.strategies.common import Plain
from liqolab.kube.kinds.validation.events import validate_event

Convert = Callable[[Object, Resource], Object]
"""(object, the older version) → the object in the other version."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How an older version differs.

    Attributes:
        newer: turns an object of the older version into one as it is stored.
        older: the way back.
        other_fields: whether the older version has a definition of its own; else only values differ.
        strategy: in place of the newest version's, which validates what is stored.
    """

    newer: Convert
    older: Convert
    other_fields: bool = True
    strategy: Strategy | None = None


class ValidatedAsStored(Strategy):
    """The strategy of the newest version, for objects that have other fields: they are validated as they are stored.

    Metadata and status are prepared as ever, as they have the same names in all versions.
    """

    def __init__(self, newest: Strategy, to_storage: Callable[[Object], Object]) -> None:
        self._newest = newest
        self._to_storage = to_storage
        self.returns_object_on_delete = newest.returns_object_on_delete
        self.graceful = newest.graceful
        self.tracks_generation = newest.tracks_generation
        self.allow_unconditional_update = newest.allow_unconditional_update

    def prepare_create(self, obj: Object) -> None:
        self._newest.prepare_create(obj)

    def prepare_update(self, new: Object, old: Object) -> None:
        self._newest.prepare_update(new, old)

    def prepare_status_update(self, new: Object, old: Object) -> None:
        self._newest.prepare_status_update(new, old)

    def validate_create(self, obj: Object) -> list[FieldError]:
        return self._newest.validate_create(self._to_storage(obj))

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return self._newest.validate_update(self._to_storage(new), self._to_storage(old))


def _as(resource: Resource, obj: Object, **fields: Any) -> Object:
    return {**obj, "apiVersion": resource.api_version, "kind": resource.kind, **fields}


# ---------------------------------------------------------------------- endpoint slices: topology

_ZONE: Final = "topology.kubernetes.io/zone"
_HOSTNAME: Final = "kubernetes.io/hostname"


def _newer_endpoint(endpoint: Object) -> Object:
    newer = dict(endpoint)
    topology = dict(newer.pop("topology", None) or {})
    if _ZONE in topology:
        newer["zone"] = topology.pop(_ZONE)
    if topology.get(_HOSTNAME) == newer.get("nodeName"):
        topology.pop(_HOSTNAME, None)
    return newer | ({"deprecatedTopology": topology} if topology else {})


def _older_endpoint(endpoint: Object) -> Object:
    older = dict(endpoint)
    topology = dict(older.pop("deprecatedTopology", None) or {})
    zone = older.pop("zone", None)
    if zone is not None:
        topology[_ZONE] = zone
    if older.get("nodeName") is not None and not topology.get(_HOSTNAME):
        topology[_HOSTNAME] = older["nodeName"]
    return older | ({"topology": topology} if topology else {})


def _endpoints(obj: Object, convert: Callable[[Object], Object]) -> Object:
    listed = obj.get("endpoints")
    return {} if listed is None else {"endpoints": [convert(endpoint) for endpoint in listed]}


ENDPOINT_SLICE: Final = Shape(
    newer=lambda obj, _: _as(resources.ENDPOINT_SLICES, obj, **_endpoints(obj, _newer_endpoint)),
    older=lambda obj, resource: _as(resource, obj, **_endpoints(obj, _older_endpoint)),
)

# ---------------------------------------------------------------------- priority levels: one field's name

_ASSURED, _NOMINAL = "assuredConcurrencyShares", "nominalConcurrencyShares"


def _with_shares(obj: Object, before: str, after: str) -> Object:
    spec: Object = obj.get("spec") or {}
    limited = spec.get("limited")
    if limited is None:
        return {}
    renamed = {after if key == before else key: value for key, value in limited.items()}
    return {"spec": {**spec, "limited": renamed}}


PRIORITY_LEVEL: Final = Shape(
    newer=lambda obj, _: _as(resources.PRIORITY_LEVELS, obj, **_with_shares(obj, _ASSURED, _NOMINAL)),
    older=lambda obj, resource: _as(resource, obj, **_with_shares(obj, _NOMINAL, _ASSURED)),
)

# ---------------------------------------------------------------------- disruption budgets: the empty selector

_MATCH_LABEL: Final = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match"


def _matching(operator: str) -> Object:
    return {"matchExpressions": [{"key": _MATCH_LABEL, "operator": operator}]}


_EVERYTHING, _NOTHING = _matching("DoesNotExist"), _matching("Exists")


def _with_selector(obj: Object, empty: Object, becomes_empty: Object) -> Object:
    """The spec with a selector that means the same in the other version: an empty one chose nothing, and now all.

    Args:
        obj: the budget.
        empty: what becomes of an empty selector.
        becomes_empty: the selector that is an empty one in the other version.
    """
    spec: Object = obj.get("spec") or {}
    selector = spec.get("selector")
    if selector == {}:
        return {"spec": {**spec, "selector": empty}}
    return {"spec": {**spec, "selector": {}}} if selector == becomes_empty else {}


DISRUPTION_BUDGET: Final = Shape(
    newer=lambda obj, _: _as(resources.POD_DISRUPTION_BUDGETS, obj, **_with_selector(obj, _NOTHING, _EVERYTHING)),
    older=lambda obj, resource: _as(resource, obj, **_with_selector(obj, _EVERYTHING, _NOTHING)),
    other_fields=False,
)

# ---------------------------------------------------------------------- events: stored as those of the core group

EVENT: Final = Shape(
    newer=lambda obj, _: events.to_core(obj),
    older=lambda obj, resource: _as(resource, events.from_core(obj)),
    other_fields=False,
    strategy=Plain(validate=lambda event: validate_event(events.to_core(event))),
)

# ---------------------------------------------------------------------- autoscalers: flat metrics


def _present(**fields: Any) -> Object:
    return {key: value for key, value in fields.items() if value is not None}


def _identifier(source: Object, selector: str) -> Object:
    return _present(name=source.get("metricName", ""), selector=source.get(selector))


_SELECTORS: Final = {"Object": "selector", "Pods": "selector", "External": "metricSelector"}
"""Type of a metric that has a name → its selector's field."""


def _newer_metric(metric: Object, key: str) -> Object:
    """A metric of ``spec`` (`key` ``target``) or ``status`` (``current``) with its figures in one place."""
    kind = str(metric.get("type", ""))
    field = kind[:1].lower() + kind[1:]
    source: Object = metric.get(field) or {}
    figures = _present(
        averageUtilization=source.get(f"{key}AverageUtilization"),
        averageValue=source.get(f"{key}AverageValue", source.get("averageValue")),
        value=source.get(f"{key}Value"),
    )
    if key == "target":
        figures = {"type": _target_type(figures), **figures}
    newer: Object = {key: figures}
    if kind in _SELECTORS:
        newer["metric"] = _identifier(source, _SELECTORS[kind])
    else:
        newer |= _present(name=source.get("name"), container=source.get("container"))
    if kind == "Object":
        newer["describedObject"] = source.get("target") or {}
    return {"type": kind, field: newer}


def _target_type(figures: Object) -> str:
    if "averageUtilization" in figures:
        return "Utilization"
    return "AverageValue" if "averageValue" in figures else "Value"


def _older_metric(metric: Object, key: str) -> Object:
    kind = str(metric.get("type", ""))
    field = kind[:1].lower() + kind[1:]
    source: Object = metric.get(field) or {}
    figures, identifier = source.get(key) or {}, source.get("metric") or {}
    average = "averageValue" if kind == "Object" else f"{key}AverageValue"
    older = _present(
        **{
            f"{key}AverageUtilization": figures.get("averageUtilization"),
            average: figures.get("averageValue"),
            f"{key}Value": figures.get("value"),
        }
    )
    if kind in _SELECTORS:
        older |= _present(**{"metricName": identifier.get("name"), _SELECTORS[kind]: identifier.get("selector")})
    else:
        older |= _present(name=source.get("name"), container=source.get("container"))
    if kind == "Object":
        older["target"] = source.get("describedObject") or {}
    return {"type": kind, field: older}


def _with_metrics(obj: Object, convert: Callable[[Object, str], Object]) -> Object:
    changed: Object = {}
    for section, field, key in (("spec", "metrics", "target"), ("status", "currentMetrics", "current")):
        held = obj.get(section)
        if isinstance(held, dict):
            metrics = held.get(field)
            converted = {field: [convert(metric, key) for metric in metrics]} if metrics else {}
            changed[section] = {name: value for name, value in held.items() if name != "behavior"} | converted
    return changed


AUTOSCALER: Final = Shape(
    newer=lambda obj, _: _as(autoscaling.V2, obj, **_with_metrics(obj, _newer_metric)),
    older=lambda obj, resource: _as(resource, obj, **_with_metrics(obj, _older_metric)),
)
