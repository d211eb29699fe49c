"""Flow schemas and priority levels: what may stand in them, and which of them nobody may change.

Source: ``pkg/apis/flowcontrol/validation`` and ``internalbootstrap``.
"""

from __future__ import annotations

import math
from typing import Any, Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    Internal,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
)
from liqolab.kube.kinds.strategies.common import WithStatus

EXEMPT: Final = "exempt"
CATCH_ALL: Final = "catch-all"

_EVERYTHING: Final[list[Object]] = [
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": True, "namespaces": ["*"]}
]
_ANY_PATH: Final[list[Object]] = [{"verbs": ["*"], "nonResourceURLs": ["*"]}]


def group(name: str) -> Object:
    """A group as the subject of a rule."""
    return {"kind": "Group", "group": {"name": name}}


def all_of(*subjects: Object) -> list[Object]:
    """Rules for whatever these subjects ask."""
    return [{"subjects": list(subjects), "resourceRules": _EVERYTHING, "nonResourceRules": _ANY_PATH}]


ANYBODY: Final = (group("system:unauthenticated"), group("system:authenticated"))

MANDATORY_SCHEMAS: Final[dict[str, Object]] = {
    EXEMPT: {
        "priorityLevelConfiguration": {"name": EXEMPT},
        "matchingPrecedence": 1,
        "rules": all_of(group("system:masters")),
    },
    CATCH_ALL: {
        "priorityLevelConfiguration": {"name": CATCH_ALL},
        "matchingPrecedence": 10000,
        "distinguisherMethod": {"type": "ByUser"},
        "rules": all_of(*ANYBODY),
    },
}
"""The specs that these flow schemas have, always."""

MANDATORY_LEVELS: Final[dict[str, Object]] = {
    EXEMPT: {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}},
    CATCH_ALL: {
        "type": "Limited",
        "limited": {"nominalConcurrencyShares": 5, "limitResponse": {"type": "Reject"}, "lendablePercent": 0},
    },
}
"""The specs that these priority levels have; ``spec.exempt`` of the first is its administrator's."""

_MOST_PRECEDENCE: Final = 10000
_MOST_QUEUES: Final = 10_000_000
_HASH_BITS: Final = 60
_VERBS: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
_METHODS: Final = ("ByNamespace", "ByUser")
_SUBJECTS: Final = {"Group": "group", "ServiceAccount": "serviceAccount", "User": "user"}
"""Kind of subject → its field."""

_POSITIVE: Final = "must be positive"
_PERCENT: Final = "must be between 0 and 100, inclusive"
_COUNT: Final = "must be a non-negative integer"


def _validate_schema(obj: Object) -> list[FieldError]:
    name, spec = obj["metadata"].get("name", ""), obj.get("spec") or {}
    errors = _precedence_errors(name, spec.get("matchingPrecedence", 0), "spec.matchingPrecedence")
    method = spec.get("distinguisherMethod")
    if method is not None and method.get("type") not in _METHODS:
        shown = Internal("flowcontrol.FlowDistinguisherMethod", method)
        errors.append(not_supported("spec.distinguisherMethod.type", shown, _METHODS))
    level = (spec.get("priorityLevelConfiguration") or {}).get("name", "")
    at = "spec.priorityLevelConfiguration.name"
    if level:
        errors += each_invalid(at, level, names.dns1123_subdomain(level))
    else:
        errors.append(required(at, "must reference a priority level"))
    for index, rule in enumerate(spec.get("rules") or []):
        errors += _rule_errors(rule, f"spec.rules[{index}]")
    fixed = MANDATORY_SCHEMAS.get(name)
    if fixed is not None and spec != fixed:
        shown = Internal("flowcontrol.FlowSchemaSpec", spec)
        errors.append(invalid_value("spec", shown, f"spec of '{name}' must equal the fixed value"))
    return errors


def _precedence_errors(name: str, value: int, at: str) -> list[FieldError]:
    errors = []
    if value <= 0:
        errors.append(invalid_value(at, value, "must be a positive value"))
    if value > _MOST_PRECEDENCE:
        errors.append(invalid_value(at, value, f"must not be greater than {_MOST_PRECEDENCE}"))
    if value == 1 and name != EXEMPT:
        errors.append(invalid_value(at, value, "only the schema named 'exempt' may have matchingPrecedence 1"))
    return errors


def _rule_errors(rule: Object, at: str) -> list[FieldError]:
    errors: list[FieldError] = []
    subjects = rule.get("subjects") or []
    if not subjects:
        errors.append(required(f"{at}.subjects", "subjects must contain at least one value"))
    for index, subject in enumerate(subjects):
        errors += _subject_errors(subject, f"{at}.subjects[{index}]")
    resource_rules, path_rules = rule.get("resourceRules") or [], rule.get("nonResourceRules") or []
    if not resource_rules and not path_rules:
        errors.append(required(at, "at least one of resourceRules and nonResourceRules has to be non-empty"))
    for index, row in enumerate(resource_rules):
        errors += _resource_errors(row, f"{at}.resourceRules[{index}]")
    for index, row in enumerate(path_rules):
        errors += _path_rule_errors(row, f"{at}.nonResourceRules[{index}]")
    return errors


def _subject_errors(subject: Object, at: str) -> list[FieldError]:
    kind = subject.get("kind", "")
    if kind not in _SUBJECTS:
        return [not_supported(f"{at}.kind", kind, _SUBJECTS)]
    own, errors = _SUBJECTS[kind], []
    given = subject.get(own)
    if given is None:
        errors.append(required(f"{at}.{own}", f"{own} is required when subject kind is '{kind}'"))
    else:
        errors += _named_errors(given, f"{at}.{own}", kind == "ServiceAccount")
    # In the order in which a server looks at them.
    for other, field in (("ServiceAccount", "serviceAccount"), ("User", "user"), ("Group", "group")):
        if field != own and subject.get(field) is not None:
            errors.append(forbidden_field(f"{at}.{field}", f"{field} is forbidden when subject kind is not '{other}'"))
    return errors


def _named_errors(given: Object, at: str, account: bool) -> list[FieldError]:
    name, errors = given.get("name", ""), []
    if not name:
        errors.append(required(f"{at}.name"))
    elif account and name != "*":
        errors += each_invalid(f"{at}.name", name, names.dns1123_subdomain(name))
    if account:
        namespace = given.get("namespace", "")
        if namespace:
            errors += each_invalid(f"{at}.namespace", namespace, names.dns1123_label(namespace))
        else:
            errors.append(required(f"{at}.namespace", "must specify namespace for service account"))
    return errors


def _alone(values: list[str], at: str, what: str) -> list[FieldError]:
    """An error if the wildcard has company."""
    if "*" in values and len(values) > 1:
        return [invalid_value(at, values, f"if '*' is present, must not specify other {what}")]
    return []


def _verb_errors(rule: Object, at: str) -> list[FieldError]:
    verbs, at = rule.get("verbs") or [], f"{at}.verbs"
    if not verbs:
        return [required(at, "verbs must contain at least one value")]
    if "*" in verbs:
        return _alone(verbs, at, "verbs")
    return [] if set(verbs) <= set(_VERBS) else [not_supported(at, verbs, _VERBS)]


def _resource_errors(rule: Object, at: str) -> list[FieldError]:
    errors = _verb_errors(rule, at)
    for field, one, many in (("apiGroups", "api group", "api groups"), ("resources", "resource", "resources")):
        values = rule.get(field) or []
        if not values:
            errors.append(required(f"{at}.{field}", f"resource rules must supply at least one {one}"))
        errors += _alone(values, f"{at}.{field}", many)
    namespaces = rule.get("namespaces") or []
    if not namespaces and not rule.get("clusterScope"):
        text = "resource rules that are not cluster scoped must supply at least one namespace"
        return [*errors, required(f"{at}.namespaces", text)]
    if "*" in namespaces:
        return errors + _alone(namespaces, f"{at}.namespaces", "namespaces")
    for index, namespace in enumerate(namespaces):
        texts = [
            f"each member of this list must be '*' or a DNS-1123 label; {why}" for why in names.dns1123_label(namespace)
        ]
        errors += each_invalid(f"{at}.namespaces[{index}]", namespace, texts)
    return errors


def _path_rule_errors(rule: Object, at: str) -> list[FieldError]:
    errors, paths, at = _verb_errors(rule, at), rule.get("nonResourceURLs") or [], f"{at}.nonResourceURLs"
    if not paths:
        return [*errors, required(at, "nonResourceURLs must contain at least one value")]
    if "*" in paths:
        return errors + _alone(paths, at, "non-resource URLs")
    for index, path in enumerate(paths):
        if problem := _path_problem(path):
            errors.append(invalid_value(f"{at}[{index}]", path, problem))
    return errors


def _path_problem(path: str) -> str:
    if not path:
        return "must not be empty"
    if not path.startswith("/"):
        return "must start with slash"
    if " " in path:
        return "must not contain white-space"
    if "//" in path:
        return "must not contain double slash"
    stars = path.count("*")
    return "wildcard can only do suffix matching" if stars > 1 or (stars and not path.endswith("/*")) else ""


def _validate_level(obj: Object) -> list[FieldError]:
    name, spec = obj["metadata"].get("name", ""), obj.get("spec") or {}
    kind, limited, exempt = spec.get("type", ""), spec.get("limited"), spec.get("exempt")
    errors = []
    if (name == EXEMPT) != (kind == "Exempt"):
        errors.append(invalid_value("spec.type", kind, "must be 'Exempt' if and only if `name` is 'exempt'"))
    if kind == "Exempt":
        if limited is not None:
            errors.append(forbidden_field("spec.limited", "must be nil if the type is not Limited"))
        if exempt is not None:
            errors += _share_errors(exempt, "spec.exempt") + _lendable_errors(exempt, "spec.exempt")
    elif kind == "Limited":
        if exempt is not None:
            errors.append(forbidden_field("spec.exempt", "must be nil if the type is Limited"))
        if limited is None:
            errors.append(required("spec.limited", "must not be empty when type is Limited"))
        else:
            errors += _limited_errors(limited, "spec.limited")
    else:
        errors.append(not_supported("spec.type", kind, ("Exempt", "Limited")))
    return errors + _fixed_level_errors(name, spec)


def _fixed_level_errors(name: str, spec: Object) -> list[FieldError]:
    fixed = MANDATORY_LEVELS.get(name)
    but = " except the 'spec.exempt' field" if name == EXEMPT else ""
    free = {"exempt"} if but else set()

    def bound(given: Object) -> Object:
        return {key: value for key, value in given.items() if key not in free}

    if fixed is None or bound(spec) == bound(fixed):
        return []
    shown = Internal("flowcontrol.PriorityLevelConfigurationSpec", spec)
    return [invalid_value("spec", shown, f"spec of '{name}'{but} must equal the fixed value")]


def _share_errors(given: Object, at: str) -> list[FieldError]:
    shares = given.get("nominalConcurrencyShares")
    if shares is None or shares >= 0:
        return []
    return [invalid_value(f"{at}.nominalConcurrencyShares", shares, _COUNT)]


def _lendable_errors(given: Object, at: str) -> list[FieldError]:
    lendable = given.get("lendablePercent")
    if lendable is None or 0 <= lendable <= 100:
        return []
    return [invalid_value(f"{at}.lendablePercent", lendable, _PERCENT)]


def _limited_errors(limited: Object, at: str) -> list[FieldError]:
    errors = _share_errors(limited, at)
    errors += _response_errors(limited.get("limitResponse") or {}, f"{at}.limitResponse")
    errors += _lendable_errors(limited, at)
    borrowing = limited.get("borrowingLimitPercent")
    if borrowing is not None and borrowing < 0:
        errors.append(invalid_value(f"{at}.borrowingLimitPercent", borrowing, f"if specified, {_COUNT}"))
    return errors


def _response_errors(response: Object, at: str) -> list[FieldError]:
    kind, queuing = response.get("type", ""), response.get("queuing")
    if kind == "Reject":
        text = "must be nil if limited.limitResponse.type is not Limited"
        return [forbidden_field(f"{at}.queuing", text)] if queuing is not None else []
    if kind != "Queue":
        return [not_supported(f"{at}.type", kind, ("Queue", "Reject"))]
    if queuing is None:
        return [required(f"{at}.queuing", "must not be empty if limited.limitResponse.type is Limited")]
    return _queuing_errors(queuing, f"{at}.queuing")


def _queuing_errors(queuing: Object, at: str) -> list[FieldError]:
    length, queues, hand = (queuing.get(key, 0) for key in ("queueLengthLimit", "queues", "handSize"))
    errors: list[FieldError] = []

    def wrong(field: str, value: Any, text: str) -> None:
        errors.append(invalid_value(f"{at}.{field}", value, text))

    if length <= 0:
        wrong("queueLengthLimit", length, _POSITIVE)
    if queues <= 0:
        wrong("queues", queues, _POSITIVE)
    elif queues > _MOST_QUEUES:
        wrong("queues", queues, f"must not be greater than {_MOST_QUEUES}")
    if hand <= 0:
        wrong("handSize", hand, _POSITIVE)
    elif hand > queues:
        wrong("handSize", hand, f"should not be greater than queues ({queues})")
    elif math.ceil(math.log2(queues) * hand) > _HASH_BITS:
        text = f"required entropy bits of deckSize {queues} and handSize {hand} should not be greater than {_HASH_BITS}"
        wrong("handSize", hand, text)
    return errors


FLOW_SCHEMA = WithStatus(initial={}, validate=_validate_schema)
PRIORITY_LEVEL = WithStatus(initial={}, validate=_validate_level)
