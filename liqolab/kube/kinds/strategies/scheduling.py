"""Priority classes."""

from __future__ import annotations

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import IMMUTABLE, forbidden_field, invalid_value, not_supported
from liqolab.kube.kinds.strategies.common import Plain

HIGHEST_USER_PRIORITY = 1_000_000_000
_POLICIES = ("PreemptLowerPriority", "Never")
SYSTEM_CLASSES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}


def _validate(obj: Object) -> list[FieldError]:
    name, value = obj["metadata"].get("name", ""), obj.get("value") or 0
    errors: list[FieldError] = []
    if name.startswith("system-"):
        text = "priority class names with 'system-' prefix are reserved for system use only. error: "
        if name not in SYSTEM_CLASSES:
            errors.append(forbidden_field("metadata.name", f"{text}{name} is not a known system priority class"))
        elif SYSTEM_CLASSES[name] != value:
            why = f"value of {name} PriorityClass must be {SYSTEM_CLASSES[name]}"
            errors.append(forbidden_field("metadata.name", text + why))
    elif value > HIGHEST_USER_PRIORITY:
        text = f"maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}"
        errors.append(forbidden_field("value", text))
    policy = obj.get("preemptionPolicy", "PreemptLowerPriority")
    return errors if policy in _POLICIES else [*errors, not_supported("preemptionPolicy", policy, _POLICIES)]


class _PriorityStrategy(Plain):
    """An update is only held against what was before."""

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return _compare(new, old)


def _compare(new: Object, old: Object) -> list[FieldError]:
    errors = []
    if (new.get("value") or 0) != (old.get("value") or 0):
        errors.append(forbidden_field("value", "may not be changed in an update."))
    policies = [obj.get("preemptionPolicy", "PreemptLowerPriority") for obj in (new, old)]
    if policies[0] != policies[1]:
        errors.append(invalid_value("preemptionPolicy", policies[0], IMMUTABLE))
    return errors


PRIORITY_CLASS = _PriorityStrategy(validate=_validate, generation=True, counts=False)
