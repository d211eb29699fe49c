"""Priority classes."""

from __future__ import annotations

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import IMMUTABLE, forbidden_field, invalid_value
from liqolab.kube.kinds.strategies.common import Plain

HIGHEST_USER_PRIORITY = 1_000_000_000
SYSTEM_CLASSES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}


def _validate(obj: Object) -> list[FieldError]:
    name, value = obj["metadata"].get("name", ""), obj.get("value") or 0
    if name.startswith("system-"):
        if SYSTEM_CLASSES.get(name) == value:
            return []
        text = "priority class names with 'system-' prefix are reserved for system use only. error: "
        reason = (
            f"{name} is not a known system priority class"
            if name not in SYSTEM_CLASSES
            else (f"value of {name} PriorityClass must be {SYSTEM_CLASSES[name]}")
        )
        return [forbidden_field("metadata.name", text + reason)]
    if value > HIGHEST_USER_PRIORITY:
        text = f"maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}"
        return [forbidden_field("value", text)]
    return []


def _compare(new: Object, old: Object) -> list[FieldError]:
    errors = []
    if (new.get("value") or 0) != (old.get("value") or 0):
        errors.append(forbidden_field("value", "may not be changed in an update."))
    policies = [obj.get("preemptionPolicy", "PreemptLowerPriority") for obj in (new, old)]
    if policies[0] != policies[1]:
        errors.append(invalid_value("preemptionPolicy", policies[0], IMMUTABLE))
    return errors


PRIORITY_CLASS = Plain(validate=_validate, compare=_compare, generation=True)
