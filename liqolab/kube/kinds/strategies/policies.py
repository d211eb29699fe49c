"""Validating admission policies and their bindings: rules about requests that are stated in CEL and need no program.

Everything that can be found wrong without a request is found when they are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    duplicate,
    each_invalid,
    forbidden_field,
    invalid_value,
    not_supported,
    required,
)
from liqolab.kube.kinds.strategies.common import Plain, WithStatus
from liqolab.kube.kinds.validation.conditions import expression_errors, has_line_breaks, match_condition_errors
from liqolab.kube.kinds.validation.labels import validate_label_selector
from liqolab.kube.kinds.validation.request_rules import choice, match_resources_errors

if TYPE_CHECKING:
    from liqolab.kube.cel.requests import Expressions

_REASONS: Final = ("Forbidden", "Invalid", "RequestEntityTooLarge")
_ACTIONS: Final = ("Audit", "Deny", "Warn")
_NOT_FOUND: Final = ("Deny", "Allow")
_MOST_ANNOTATIONS: Final = 20
_LONGEST_ANNOTATION: Final = 5 * 1024
_ONE_OF: Final = "validations or auditAnnotations must contain at least one item"
_DENY_AND_WARN: Final = (
    "must not contain both Deny and Warn (repeating the same validation failure information in the API response and "
    "headers serves no purpose)"
)
_EXCLUSIVE: Final = "name and selector are mutually exclusive"


class PolicyStrategy(WithStatus):
    """A policy; its status belongs to the controller that checks types."""

    def __init__(self) -> None:
        super().__init__(initial={}, unconditional=False, kept_metadata=("labels", "annotations", "finalizers"))

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        _fill_policy(obj)

    def prepare_update(self, new: Object, old: Object) -> None:
        super().prepare_update(new, old)
        _fill_policy(new)

    def validate_create(self, obj: Object) -> list[FieldError]:
        return list(_policy_errors(obj))

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return list(_policy_errors(new))


class BindingStrategy(Plain):
    """What puts a policy to work."""

    def __init__(self) -> None:
        super().__init__(generation=True, unconditional=False)

    def prepare_create(self, obj: Object) -> None:
        super().prepare_create(obj)
        _fill_resources((obj.get("spec") or {}).get("matchResources"))

    def prepare_update(self, new: Object, old: Object) -> None:
        super().prepare_update(new, old)
        _fill_resources((new.get("spec") or {}).get("matchResources"))

    def validate_create(self, obj: Object) -> list[FieldError]:
        return list(_binding_errors(obj.get("spec") or {}))

    def validate_update(self, new: Object, old: Object) -> list[FieldError]:
        return list(_binding_errors(new.get("spec") or {}))


def _fill_policy(policy: Object) -> None:
    spec = policy.setdefault("spec", {})
    if not spec.get("failurePolicy"):
        spec["failurePolicy"] = "Fail"
    _fill_resources(spec.get("matchConstraints"))


def _fill_resources(resources: Object | None) -> None:
    if resources is None:
        return
    if not resources.get("matchPolicy"):
        resources["matchPolicy"] = "Equivalent"
    for field in ("namespaceSelector", "objectSelector"):
        if resources.get(field) is None:
            resources[field] = {}
    for field in ("resourceRules", "excludeResourceRules"):
        for rule in resources.get(field) or ():
            rule.setdefault("scope", "*")


# --- policies -------------------------------------------------------------------------------------------------------


def _policy_errors(policy: Object) -> Iterator[FieldError]:
    from liqolab.kube.cel.requests import Expressions

    spec = policy.get("spec") or {}
    kind, constraints = spec.get("paramKind"), spec.get("matchConstraints")
    yield from choice(spec.get("failurePolicy"), "spec.failurePolicy", ("Fail", "Ignore"))
    if kind is not None:
        yield from _param_kind(kind, "spec.paramKind")
    if constraints is None:
        yield required("spec.matchConstraints")
    else:
        yield from match_resources_errors(constraints, "spec.matchConstraints")
        if not constraints.get("resourceRules"):
            yield required("spec.matchConstraints.resourceRules")
    yield from match_condition_errors(
        spec.get("matchConditions") or [], "spec.matchConditions", params=kind is not None
    )
    expressions = Expressions(params=kind is not None)
    yield from _variables(spec.get("variables") or [], expressions)
    validations, annotations = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not annotations:
        yield required("spec.validations", _ONE_OF)
        yield required("spec.auditAnnotations", _ONE_OF)
    for index, row in enumerate(validations):
        yield from _validation(row, f"spec.validations[{index}]", expressions)
    yield from _annotations(annotations, str(policy["metadata"].get("name") or ""), expressions)


def _param_kind(kind: Object, path: str) -> Iterator[FieldError]:
    version, name = kind.get("apiVersion") or "", kind.get("kind") or ""
    group, slash, short = version.rpartition("/")
    if not version:
        yield required(f"{path}.apiVersion")
    elif "/" in group:
        yield invalid_value(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}")
    elif slash and not short:
        yield invalid_value(f"{path}.apiVersion", version, "version must be specified")
    else:
        problems = names.dns1123_subdomain(group) if group else []
        yield from ([invalid_value(f"{path}.apiVersion", group, ",".join(problems))] if problems else [])
        problems = names.dns1035_label(short)
        yield from ([invalid_value(f"{path}.apiVersion", short, ",".join(problems))] if problems else [])
    if not name:
        yield required(f"{path}.kind")
    elif problems := names.dns1035_label(name.lower()):
        text = "may have mixed case, but should otherwise match: " + ",".join(problems)
        yield invalid_value(f"{path}.kind", name, text)


def _variables(rows: list[Object], expressions: Expressions) -> Iterator[FieldError]:
    from liqolab.kube.cel.escaping import is_identifier
    from liqolab.kube.cel.types import DYN

    for index, row in enumerate(rows):
        path, name, source = f"spec.variables[{index}]", row.get("name") or "", row.get("expression") or ""
        if not name.strip():
            yield required(f"{path}.name", "name is not specified")
        elif not is_identifier(name):
            yield invalid_value(f"{path}.name", name, "must be a valid CEL identifier")
        if not source.strip():
            yield required(f"{path}.expression", "expression is not specified")
            continue
        errors, program = expression_errors(expressions, source, f"{path}.expression", DYN)
        yield from errors
        expressions.declare(name, program.type if program is not None else DYN)


def _validation(row: Object, path: str, expressions: Expressions) -> Iterator[FieldError]:
    from liqolab.kube.cel.types import BOOL, STRING

    source, message = row.get("expression") or "", row.get("message") or ""
    own, reason = row.get("messageExpression") or "", row.get("reason")
    if not source.strip():
        yield required(f"{path}.expression", "expression is not specified")
    else:
        yield from expression_errors(expressions, source, f"{path}.expression", BOOL)[0]
    if own and not own.strip():
        yield invalid_value(f"{path}.messageExpression", own, "must be non-empty if specified")
    elif own:
        yield from expression_errors(expressions, own, f"{path}.messageExpression", STRING, authorizer=False)[0]
    if message and not message.strip():
        yield invalid_value(f"{path}.message", message, "must be non-empty if specified")
    elif has_line_breaks(message.strip()):
        yield invalid_value(f"{path}.message", message, "must not contain line breaks")
    if reason is not None and reason not in _REASONS:
        yield not_supported(f"{path}.reason", reason, _REASONS)


def _annotations(rows: list[Object], policy: str, expressions: Expressions) -> Iterator[FieldError]:
    from liqolab.kube.cel.types import NULL, STRING

    path, seen = "spec.auditAnnotations", set[str]()
    if len(rows) > _MOST_ANNOTATIONS:
        yield invalid_value(path, rows, f"must not have more than {_MOST_ANNOTATIONS} auditAnnotations")
    for index, row in enumerate(rows):
        where, key, source = f"{path}[{index}]", row.get("key") or "", row.get("valueExpression") or ""
        if policy:
            yield from each_invalid(f"{where}.key", f"{policy}/{key}", names.qualified_name(f"{policy}/{key}"))
        else:
            yield invalid_value(f"{where}.key", key, "requires metadata.name be non-empty")
        if not source.strip():
            yield required(f"{where}.valueExpression", "valueExpression is not specified")
        elif len(source.strip().encode()) > _LONGEST_ANNOTATION:
            yield required(f"{where}.valueExpression", f"must not exceed {_LONGEST_ANNOTATION} bytes in length")
        else:
            trimmed = source.strip()
            where_value = f"{where}.valueExpression"
            yield from expression_errors(expressions, trimmed, where_value, STRING, NULL, shown=source)[0]
        if key in seen:
            yield duplicate(f"{where}.key", key)
        seen.add(key)


# --- bindings -------------------------------------------------------------------------------------------------------


def _binding_errors(spec: Object) -> Iterator[FieldError]:
    policy, ref, actions = spec.get("policyName") or "", spec.get("paramRef"), spec.get("validationActions") or []
    if not policy:
        yield required("spec.policyName")
    else:
        yield from each_invalid("spec.policyName", policy, names.dns1123_subdomain(policy))
    if ref is not None:
        yield from _param_ref(ref, "spec.paramRef")
    if spec.get("matchResources") is not None:
        yield from match_resources_errors(spec["matchResources"], "spec.matchResources")
    yield from _actions(actions, "spec.validationActions")


def _param_ref(ref: Object, path: str) -> Iterator[FieldError]:
    name, selector, action = ref.get("name") or "", ref.get("selector"), ref.get("parameterNotFoundAction")
    if name and selector is not None:
        yield forbidden_field(f"{path}.name", _EXCLUSIVE)
    if selector is not None:
        yield from validate_label_selector(selector, f"{path}.selector")
        if name:
            yield forbidden_field(f"{path}.selector", _EXCLUSIVE)
    if not name and selector is None:
        yield required(path, "one of name or selector must be specified")
    if not action:
        yield required(f"{path}.parameterNotFoundAction")
    elif action not in _NOT_FOUND:
        yield not_supported(f"{path}.parameterNotFoundAction", action, _NOT_FOUND)


def _actions(actions: list[Any], path: str) -> Iterator[FieldError]:
    for index, action in enumerate(actions):
        if action not in _ACTIONS:
            yield not_supported(f"{path}[{index}]", action, _ACTIONS)
        if action in actions[:index]:
            yield duplicate(f"{path}[{index}]", action)
    if "Deny" in actions and "Warn" in actions:
        yield invalid_value(path, actions, _DENY_AND_WARN)
    if not actions:
        yield required(path, "at least one validation action is required")


POLICY = PolicyStrategy()
BINDING = BindingStrategy()
