"""Priority classes and runtime classes: what a pod may name to be treated otherwise."""

from __future__ import annotations

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import IMMUTABLE, Internal, duplicate, each_invalid, forbidden_field, invalid_value
from liqolab.kube.kinds.metadata import validate_labels
from liqolab.kube.kinds.strategies.common import Plain
from liqolab.kube.kinds.validation.containers import validate_resources
from liqolab.kube.kinds.validation.placement import validate_tolerations

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


def _validate_runtime_class(obj: Object) -> list[FieldError]:
    handler, scheduling = obj.get("handler", ""), obj.get("scheduling") or {}
    errors = each_invalid("handler", handler, names.dns1123_label(handler))
    overhead = (obj.get("overhead") or {}).get("podFixed")
    errors += validate_resources({"limits": overhead or {}}, "overhead")
    errors += validate_labels(scheduling.get("nodeSelector") or {}, "scheduling.nodeSelector")
    tolerations = scheduling.get("tolerations") or []
    errors += validate_tolerations(tolerations, "scheduling.tolerations.tolerations")
    seen: list[Object] = []
    for index, toleration in enumerate(tolerations):
        untimed = {key: value for key, value in toleration.items() if key != "tolerationSeconds"}
        if untimed in seen:
            value = Internal("core.Toleration", toleration)
            errors.append(duplicate(f"scheduling.tolerations[{index}]", value))
        seen.append(untimed)
    return errors


def _compare_runtime_class(new: Object, old: Object) -> list[FieldError]:
    if new.get("handler") == old.get("handler"):
        return []
    return [invalid_value("handler", new.get("handler"), IMMUTABLE)]


RUNTIME_CLASS = Plain(validate=_validate_runtime_class, compare=_compare_runtime_class, unconditional=False)
