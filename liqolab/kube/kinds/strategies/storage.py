"""Classes of storage, and how much of it a driver has left."""

from __future__ import annotations

from typing import Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    IMMUTABLE,
    NOT_NEGATIVE,
    each_invalid,
    forbidden_field,
    invalid_value,
    required,
    selector_value,
    too_long,
)
from liqolab.kube.kinds.strategies.common import Plain
from liqolab.kube.kinds.validation.labels import validate_label_selector

ATTRIBUTES_FINALIZER: Final = "kubernetes.io/vac-protection"

_MOST_PARAMETERS: Final = 512
_MOST_PARAMETER_BYTES: Final = 256 * 1024


def _validate_attributes_class(obj: Object) -> list[FieldError]:
    driver, parameters = obj.get("driverName", ""), obj.get("parameters") or {}
    errors = each_invalid("driverName", driver, names.qualified_name(driver.lower())) if driver else []
    if not driver:
        errors.append(required("driverName"))
    return errors + _parameter_errors(parameters)


def _parameter_errors(parameters: Object) -> list[FieldError]:
    if len(parameters) > _MOST_PARAMETERS:
        return [too_long("parameters", _MOST_PARAMETERS)]
    errors = [invalid_value("parameters", key, "field can not be empty.") for key in parameters if not key]
    if sum(len(key.encode()) + len(value.encode()) for key, value in parameters.items()) > _MOST_PARAMETER_BYTES:
        errors.append(too_long("parameters", _MOST_PARAMETER_BYTES))
    return errors if parameters else [*errors, required("parameters", "must contain at least one key/value pair")]


class _AttributesClass(Plain):
    """A class of volume attributes: what it says when it is made is what it says for ever."""

    def __init__(self) -> None:
        super().__init__(validate=_validate_attributes_class, returns_object=True)

    def prepare_create(self, obj: Object) -> None:
        finalizers = obj["metadata"].get("finalizers") or []
        if ATTRIBUTES_FINALIZER not in finalizers:
            obj["metadata"]["finalizers"] = [*finalizers, ATTRIBUTES_FINALIZER]

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        changed = [
            forbidden_field(field, f"updates to {field} are forbidden.")
            for field in ("driverName", "parameters")
            if (new.get(field) or None) != (old.get(field) or None)
        ]
        return changed + _validate_attributes_class(new)


def _validate_capacity(obj: Object) -> list[FieldError]:
    errors = validate_label_selector(obj.get("nodeTopology") or {}, "nodeTopology")
    name, capacity = obj.get("storageClassName", ""), obj.get("capacity")
    errors += each_invalid("storageClassName", name, names.dns1123_subdomain(name))
    if capacity is not None and Quantity.parse(capacity).nanos < 0:
        errors.append(invalid_value("capacity", str(capacity), NOT_NEGATIVE))
    return errors


def _compare_capacity(new: Object, old: Object) -> list[FieldError]:
    errors = []
    if new.get("nodeTopology") != old.get("nodeTopology"):
        errors.append(invalid_value("nodeTopology", selector_value(new.get("nodeTopology")), IMMUTABLE))
    if new.get("storageClassName") != old.get("storageClassName"):
        errors.append(invalid_value("storageClassName", new.get("storageClassName", ""), IMMUTABLE))
    return errors


ATTRIBUTES_CLASS = _AttributesClass()
STORAGE_CAPACITY = Plain(validate=_validate_capacity, compare=_compare_capacity, unconditional=False)
