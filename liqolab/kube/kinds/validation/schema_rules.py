"""The rules of a CustomResourceDefinition's schema, looked at when it is written: that they compile, and that
``oldSelf`` stands only where old and new values can be told to be the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from liqolab.apimachinery.errors import FieldError
from liqolab.kube.cel.schemas import declared_type
from liqolab.kube.kinds.field_errors import Internal, invalid_value, not_supported, required
from liqolab.kube.schema.field_path import normalized_path
from liqolab.kube.schema.rules import compile_rule

Schema = Mapping[str, Any]

_REASONS: Final = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")


def form_errors(schema: Schema, path: str) -> Iterator[FieldError]:
    """What is wrong with the rules of one schema before anything is compiled."""
    for index, row in enumerate(schema.get("x-kubernetes-validations") or ()):
        where = f"{path}.x-kubernetes-validations[{index}]"
        yield from _message_errors(row, where)
        reason, field_path = row.get("reason"), row.get("fieldPath") or ""
        if reason is not None and reason not in _REASONS:
            yield not_supported(f"{where}.reason", reason, _REASONS)
        if field_path and not field_path.strip():
            yield invalid_value(f"{where}.fieldPath", field_path, "must be non-empty if specified")
        if _broken(field_path):
            yield invalid_value(f"{where}.fieldPath", field_path, "must not contain line breaks")
        if field_path and normalized_path(field_path, schema) is None:
            yield invalid_value(f"{where}.fieldPath", field_path, "must be a valid path")


def _message_errors(row: Schema, where: str) -> Iterator[FieldError]:
    rule, message = str(row.get("rule") or "").strip(), str(row.get("message") or "")
    if not rule:
        yield required(f"{where}.rule", "rule is not specified")
    elif message and not message.strip():
        yield invalid_value(f"{where}.message", message, "must be non-empty if specified")
    elif _broken(message.strip()):
        yield invalid_value(f"{where}.message", message, "must not contain line breaks")
    elif _broken(rule) and not message.strip():
        yield required(f"{where}.message", "message must be specified if rule contains line breaks")
    expression = row.get("messageExpression") or ""
    if expression and not expression.strip():
        yield required(f"{where}.messageExpression", "messageExpression must be non-empty if specified")


def _broken(text: str) -> bool:
    return "\n" in text or "\r" in text


def rule_errors(schema: Schema, path: str) -> Iterator[FieldError]:
    """What is wrong with the rules of a schema and of all inside of it, once the schema itself is sound."""
    yield from _walk(schema, path, None, resource=True)


def _walk(schema: Schema, path: str, uncorrelated: str | None, *, resource: bool) -> Iterator[FieldError]:
    for name, below in sorted((schema.get("properties") or {}).items()):
        yield from _walk(below, f"{path}.properties[{name}]", uncorrelated, resource=_embedded(below))
    additional, items = schema.get("additionalProperties"), schema.get("items")
    if isinstance(additional, Mapping):
        yield from _walk(additional, f"{path}.additionalProperties", uncorrelated, resource=_embedded(additional))
    if isinstance(items, Mapping):
        lost = uncorrelated
        if schema.get("x-kubernetes-list-type") != "map" and lost is None:
            lost = path
        yield from _walk(items, f"{path}.items", lost, resource=_embedded(items))
    yield from _compiled(schema, path, uncorrelated, resource)


def _embedded(schema: Schema) -> bool:
    return bool(schema.get("x-kubernetes-embedded-resource"))


def _compiled(schema: Schema, path: str, uncorrelated: str | None, resource: bool) -> Iterator[FieldError]:
    rows = schema.get("x-kubernetes-validations") or ()
    if not rows:
        return
    self_type = declared_type(schema, resource=resource)
    if self_type is None:
        text = "internal error: failed to construct type information for x-kubernetes-validations rules: "
        text += "unable to convert structural schema to CEL declarations"
        yield FieldError(f"{path}.x-kubernetes-validations", "InternalError", f"Internal error: {text}")
        return
    for index, row in enumerate(rows):
        where, rule = f"{path}.x-kubernetes-validations[{index}]", compile_rule(row, self_type, schema)
        if rule.problem:
            yield invalid_value(f"{where}.rule", _internal(row), rule.problem)
        if rule.message_problem:
            yield invalid_value(f"{where}.messageExpression", _internal(row), rule.message_problem)
        if rule.uses_old and uncorrelated is not None:
            text = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {uncorrelated}"
            yield invalid_value(f"{where}.rule", row["rule"], text)
        elif not rule.uses_old and row.get("optionalOldSelf") is not None:
            text = "may not be set if oldSelf is not used in rule"
            yield invalid_value(f"{where}.optionalOldSelf", row["optionalOldSelf"], text)


def _internal(row: Schema) -> Internal:
    """A rule as errors print it: with the names of Go's fields, in their order."""
    shown = {
        "Rule": row.get("rule", ""),
        "Message": row.get("message", ""),
        "MessageExpression": row.get("messageExpression", ""),
        "Reason": row.get("reason"),
        "FieldPath": row.get("fieldPath", ""),
        "OptionalOldSelf": row.get("optionalOldSelf"),
    }
    return Internal("apiextensions.ValidationRule", shown)
