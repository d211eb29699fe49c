"""Flow schemas, in the order in which they are asked, and priority levels."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.printers.common import NONE, age, columns, name
from liqolab.kube.kinds.spec import Printer


def _flow_schema(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    dangling = meta.find_condition(obj, "Dangling")
    return [
        name(obj),
        (spec.get("priorityLevelConfiguration") or {}).get("name", ""),
        spec.get("matchingPrecedence", 0),
        (spec.get("distinguisherMethod") or {}).get("type", NONE),
        age(obj, now),
        dangling["status"] if dangling else "?",
    ]


FLOW_SCHEMA = Printer(
    columns("PriorityLevel", "MatchingPrecedence", "DistinguisherMethod", "Age", "MissingPL"),
    _flow_schema,
    order=lambda obj: ((obj.get("spec") or {}).get("matchingPrecedence", 0), name(obj)),
)


def _priority_level(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    limited = spec.get("limited") or {}
    queuing = (limited.get("limitResponse") or {}).get("queuing")
    shares = limited.get("nominalConcurrencyShares", NONE)
    rest = [queuing.get(key, 0) if queuing else NONE for key in ("queues", "handSize", "queueLengthLimit")]
    return [name(obj), spec.get("type", ""), shares, *rest, age(obj, now)]


PRIORITY_LEVEL = Printer(
    columns("Type", "NominalConcurrencyShares", "Queues", "HandSize", "QueueLengthLimit", "Age"), _priority_level
)
