"""Where a pod may run: affinity and tolerations; what learners of scheduling get wrong is told here."""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
)
from liqolab.kube.kinds.validation.labels import validate_label_selector

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_WEIGHT = "must be in the range 1-100"


def validate_affinity(affinity: Object, path: str) -> list[FieldError]:
    """Node affinity, pod affinity and pod anti-affinity."""
    errors = _validate_node_affinity(affinity.get("nodeAffinity") or {}, f"{path}.nodeAffinity")
    for field in ("podAffinity", "podAntiAffinity"):
        errors += _validate_pod_affinity(affinity.get(field) or {}, f"{path}.{field}")
    return errors


def _validate_node_affinity(affinity: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    required_selector = affinity.get(_REQUIRED)
    if required_selector is not None:
        errors += validate_node_selector(required_selector, f"{path}.{_REQUIRED}")
    for index, term in enumerate(affinity.get(_PREFERRED) or []):
        at = f"{path}.{_PREFERRED}[{index}]"
        if not 1 <= (term.get("weight") or 0) <= 100:
            errors.append(invalid_value(f"{at}.weight", term.get("weight") or 0, _WEIGHT))
        errors += _validate_node_term(term.get("preference") or {}, f"{at}.preference", strict=False)
    return errors


def validate_node_selector(selector: Object, path: str) -> list[FieldError]:
    """A ``core/v1 NodeSelector``."""
    terms = selector.get("nodeSelectorTerms") or []
    if not terms:
        return [required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")]
    errors: list[FieldError] = []
    for index, term in enumerate(terms):
        errors += _validate_node_term(term, f"{path}.nodeSelectorTerms[{index}]", strict=True)
    return errors


def _validate_node_term(term: Object, path: str, *, strict: bool) -> list[FieldError]:
    """`strict`: whether values have to be values of labels; in preferences they never had to."""
    errors: list[FieldError] = []
    for index, row in enumerate(term.get("matchExpressions") or []):
        errors += _validate_node_expression(row, f"{path}.matchExpressions[{index}]", strict=strict)
    for index, row in enumerate(term.get("matchFields") or []):
        errors += _validate_node_field(row, f"{path}.matchFields[{index}]")
    return errors


def _validate_node_expression(row: Object, path: str, *, strict: bool) -> list[FieldError]:
    operator, values = row.get("operator", ""), row.get("values") or []
    errors: list[FieldError] = []
    if operator in ("In", "NotIn"):
        if not values:
            errors.append(required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(forbidden_field(f"{path}.values", text))
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            text = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            errors.append(required(f"{path}.values", text))
    else:
        errors.append(invalid_value(f"{path}.operator", operator, "not a valid selector operator"))
    key = row.get("key", "")
    errors += each_invalid(f"{path}.key", key, names.qualified_name(key))
    if not strict:
        return errors
    for index, value in enumerate(values):
        errors += each_invalid(f"{path}.values[{index}]", value, names.label_value(value))
    return errors


def _validate_node_field(row: Object, path: str) -> list[FieldError]:
    operator, values = row.get("operator", ""), row.get("values") or []
    errors = []
    if operator not in ("In", "NotIn"):
        errors.append(invalid_value(f"{path}.operator", operator, "not a valid selector operator"))
    elif len(values) != 1:
        text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        errors.append(required(f"{path}.values", text))
    if row.get("key") != "metadata.name":
        errors.append(invalid_value(f"{path}.key", row.get("key", ""), "not a valid field selector key"))
        return errors
    for index, value in enumerate(values):
        errors += each_invalid(f"{path}.values[{index}]", value, names.dns1123_subdomain(value))
    return errors


def _validate_pod_affinity(affinity: Object, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for index, term in enumerate(affinity.get(_REQUIRED) or []):
        errors += _validate_pod_term(term, f"{path}.{_REQUIRED}[{index}]")
    for index, row in enumerate(affinity.get(_PREFERRED) or []):
        at = f"{path}.{_PREFERRED}[{index}]"
        if not 1 <= (row.get("weight") or 0) <= 100:
            errors.append(invalid_value(f"{at}.weight", row.get("weight") or 0, _WEIGHT))
        errors += _validate_pod_term(row.get("podAffinityTerm") or {}, f"{at}.podAffinityTerm")
    return errors


def _validate_pod_term(term: Object, path: str) -> list[FieldError]:
    errors = validate_label_selector(term.get("labelSelector") or {}, f"{path}.labelSelector")
    errors += validate_label_selector(term.get("namespaceSelector") or {}, f"{path}.namespaceSelector")
    for namespace in term.get("namespaces") or []:
        errors += each_invalid(f"{path}.namespace", namespace, names.dns1123_label(namespace))
    errors += validate_label_keys(term, path)
    key = term.get("topologyKey", "")
    if not key:
        errors.append(required(f"{path}.topologyKey", "can not be empty"))
    return errors + each_invalid(f"{path}.topologyKey", key, names.qualified_name(key))


def validate_label_keys(term: Object, path: str) -> list[FieldError]:
    """``matchLabelKeys`` and ``mismatchLabelKeys``: keys that a selector gets from the pod's own labels."""
    selector, errors = term.get("labelSelector"), []
    lists = {field: term.get(field) or [] for field in ("matchLabelKeys", "mismatchLabelKeys")}
    for field, keys in lists.items():
        if keys and selector is None:
            text = "must not be specified when labelSelector is not set"
            errors.append(forbidden_field(f"{path}.{field}", text))
            continue
        for index, key in enumerate(keys):
            errors += each_invalid(f"{path}.{field}[{index}]", key, names.qualified_name(key))
    matched, mismatched = lists["matchLabelKeys"], lists["mismatchLabelKeys"]
    known = set((selector or {}).get("matchLabels") or {})
    for row in (selector or {}).get("matchExpressions") or []:
        key = row.get("key", "")
        if key in matched and key in known:
            text = "exists in both matchLabelKeys and labelSelector"
            errors.append(invalid_value(f"{path}[{matched.index(key)}]", key, text))
        known.add(key)
    for index, key in enumerate(matched):
        if key in mismatched:
            text = "exists in both matchLabelKeys and mismatchLabelKeys"
            errors.append(invalid_value(f"{path}.matchLabelKeys[{index}]", key, text))
    return errors


def validate_tolerations(tolerations: Sequence[Object], path: str) -> list[FieldError]:
    """Operators, values and effects that fit together."""
    errors: list[FieldError] = []
    for index, toleration in enumerate(tolerations):
        errors += _validate_toleration(toleration, f"{path}[{index}]")
    return errors


def _validate_toleration(toleration: Object, path: str) -> list[FieldError]:
    key, operator = toleration.get("key", ""), toleration.get("operator", "")
    value, effect = toleration.get("value", ""), toleration.get("effect", "")
    errors = each_invalid(f"{path}.key", key, names.qualified_name(key)) if key else []
    if not key and operator != "Exists":
        text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
        errors.append(invalid_value(f"{path}.operator", operator, text))
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        errors.append(
            invalid_value(f"{path}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
        )
    if operator in ("", "Equal"):
        problems = names.label_value(value)
        if problems:
            errors.append(invalid_value(f"{path}.operator", value, ";".join(problems)))
    elif operator == "Exists":
        if value:
            errors.append(invalid_value(f"{path}.operator", value, "value must be empty when `operator` is 'Exists'"))
    else:
        errors.append(not_supported(f"{path}.operator", operator, ("Equal", "Exists")))
    if effect and effect not in _EFFECTS:
        errors.append(not_supported(f"{path}.effect", effect, _EFFECTS))
    return errors


def only_added(new: Sequence[Object], old: Sequence[Object], path: str) -> list[FieldError]:
    """Tolerations of an existing pod may grow in number, and change their seconds; nothing else."""

    def untimed(toleration: Object) -> Object:
        return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}

    kept = [untimed(toleration) for toleration in new]
    if any(untimed(toleration) not in kept for toleration in old):
        text = "existing toleration can not be modified except its tolerationSeconds"
        return [forbidden_field(path, text)]
    return validate_tolerations(new, path)
