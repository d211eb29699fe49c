"""Label selectors as fields of objects (``metav1.LabelSelector``)."""

from __future__ import annotations

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import each_invalid, forbidden_field, invalid_value, required
from liqolab.kube.kinds.metadata import validate_labels


def validate_label_selector(selector: Object, path: str) -> list[FieldError]:
    """Keys, values, and operators with the right number of values."""
    errors = validate_labels(selector.get("matchLabels") or {}, f"{path}.matchLabels")
    for index, expression in enumerate(selector.get("matchExpressions") or []):
        at = f"{path}.matchExpressions[{index}]"
        operator, values = expression.get("operator", ""), expression.get("values") or []
        if operator in ("In", "NotIn"):
            if not values:
                errors.append(required(f"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                errors.append(forbidden_field(f"{at}.values", text))
        else:
            errors.append(invalid_value(f"{at}.operator", operator, "not a valid selector operator"))
        key = expression.get("key", "")
        errors += each_invalid(f"{at}.key", key, names.qualified_name(key))
        for place, value in enumerate(values):
            errors += each_invalid(f"{at}.values[{place}]", value, names.label_value(value))
    return errors
