"""``spec.resources`` of a pod: what it asks for as a whole, held against what its containers ask for."""

from __future__ import annotations

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import forbidden_field, invalid_value
from liqolab.kube.kinds.validation.resources import validate_pod_name, validate_requirements
from liqolab.kube.schema.pod_defaults import requested


def validate_pod_resources(spec: Object, path: str) -> list[FieldError]:
    """Known resources, and no less than the containers want together."""
    resources = spec["resources"]
    errors: list[FieldError] = []
    if resources.get("claims"):
        errors.append(forbidden_field(f"{path}.claims", "claims may not be set for Resources at pod-level"))
    errors += validate_requirements(resources, path, rule=validate_pod_name)
    for name, amount in (resources.get("requests") or {}).items():
        total, given = requested(spec, name), Quantity.parse(amount)
        if total > given:
            text = f"must be greater than or equal to aggregate container requests of {total}"
            errors.append(invalid_value(f"{path}.requests[{name}]", str(given), text))
    limits = resources.get("limits") or {}
    for index, container in enumerate(spec.get("containers") or []):
        for name, amount in ((container.get("resources") or {}).get("limits") or {}).items():
            if name in limits and Quantity.parse(amount) > Quantity.parse(limits[name]):
                text = f"must be less than or equal to pod limits of {Quantity.parse(limits[name])}"
                at = f"{path}.containers[{index}][{name}].limits"
                errors.append(invalid_value(at, str(Quantity.parse(amount)), text))
    return errors
