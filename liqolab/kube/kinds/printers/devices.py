"""Device classes, claims and slices."""

from __future__ import annotations

from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.printers.common import age, columns, name
from liqolab.kube.kinds.spec import Printer

NAME_AND_AGE = Printer(columns("Age"), lambda obj, now: [name(obj), age(obj, now)])


def _state(claim: Object) -> str:
    status, going = claim.get("status") or {}, meta.is_deleting(claim)
    states = ["deleted"] if going else []
    if status.get("allocation") is None:
        return ",".join(states) or "pending"
    return ",".join([*states, "allocated", *(["reserved"] if status.get("reservedFor") else [])])


RESOURCE_CLAIM = Printer(columns("State", "Age"), lambda obj, now: [name(obj), _state(obj), age(obj, now)])


def _slice(obj: Object, now: float) -> list[Any]:
    spec = obj.get("spec") or {}
    pool = (spec.get("pool") or {}).get("name", "")
    return [name(obj), spec.get("nodeName", ""), spec.get("driver", ""), pool, age(obj, now)]


RESOURCE_SLICE = Printer(columns("Node", "Driver", "Pool", "Age"), _slice)
