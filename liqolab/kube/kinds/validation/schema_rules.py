"""The rules of a CustomResourceDefinition's schema, looked at when it is written: that they compile, and that
``oldSelf`` stands only where old and new values can be told to be the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from liqolab.apimachinery.errors import FieldError
from liqolab.kube.cel.estimate import MOST
from liqolab.kube.cel.schemas import declared_type
from liqolab.kube.cel.sizes import declared_sizes
from liqolab.kube.kinds.field_errors import Internal, forbidden_field, invalid_value, not_supported, required
from liqolab.kube.schema.field_path import normalized_path
from liqolab.kube.schema.rules import compile_rule

Schema = Mapping[str, Any]

_REASONS: Final = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")


_MOST_OF_ONE: Final = 10_000_000
_MOST_OF_ALL: Final = 100_000_000
_SHARE: Final = _MOST_OF_ALL // 100
_NAMED: Final = 4
_ADVICE: Final = (
    "try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are "
    "declared"
)
_CONTRIBUTED: Final = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
_WHOLE: Final = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema"


def _exceeding(what: str, cost: int, limit: int) -> str:
    times = cost / limit
    # "a factor of 1.0" would say nothing.
    factor = "more than 100x" if times > 100 else f"{times:f}x" if times < 1.5 else f"{times:.1f}x"
    return f"{what} exceeds budget by factor of {factor} ({_ADVICE})"


class Total:
    """What all rules of a schema can cost together."""

    def __init__(self) -> None:
        self._cost = 0
        self._dearest: list[tuple[int, str]] = []

    def add(self, path: str, what: str, cost: int) -> Iterator[FieldError]:
        """Count an expression; the error if it may cost too much by itself."""
        cost = min(cost, MOST)
        if cost > _MOST_OF_ONE:
            yield forbidden_field(path, _exceeding(f"estimated {what} cost", cost, _MOST_OF_ONE))
        self._cost = min(self._cost + cost, MOST)
        if cost >= _SHARE:
            self._dearest = sorted([*self._dearest, (cost, path)], key=lambda row: -row[0])[:_NAMED]

    def errors(self, path: str) -> Iterator[FieldError]:
        """What is wrong if all of them together may cost too much."""
        if self._cost > _MOST_OF_ALL:
            for _, where in self._dearest:
                yield forbidden_field(where, _CONTRIBUTED)
            yield forbidden_field(path, _exceeding(_WHOLE, self._cost, _MOST_OF_ALL))


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
    total = Total()
    yield from _Walk(total).visit(schema, path, None, 1, resource=True)
    yield from total.errors(path)


def _embedded(schema: Schema) -> bool:
    return bool(schema.get("x-kubernetes-embedded-resource"))


def _times(schema: Schema) -> int | None:
    """How often what is inside of a place can be there for each time that the place is; None when nothing limits it."""
    if schema.get("type") == "array":
        most = schema.get("maxItems")
        return None if most is None else max(most, 0)
    if schema.get("type") == "object" and schema.get("additionalProperties"):
        most = schema.get("maxProperties")
        return None if most is None else max(most, 0)
    return 1


class _Walk:
    """Looks at the rules of a schema, from the inside out, and adds up what they can cost."""

    def __init__(self, total: Total) -> None:
        self._total = total

    def visit(
        self, schema: Schema, path: str, uncorrelated: str | None, count: int | None, *, resource: bool
    ) -> Iterator[FieldError]:
        """What is wrong with the rules at a place and below.

        Args:
            schema: of the place.
            path: where it stands.
            uncorrelated: the first place above where old and new values cannot be told to be the same.
            count: how often the place can be there at most; None when nothing limits it.
            resource: whether it is a whole object.
        """
        times = _times(schema)
        below = None if count is None or times is None else count * times
        for name, sub in sorted((schema.get("properties") or {}).items()):
            yield from self.visit(sub, f"{path}.properties[{name}]", uncorrelated, below, resource=_embedded(sub))
        additional, items = schema.get("additionalProperties"), schema.get("items")
        if isinstance(additional, Mapping):
            where = f"{path}.additionalProperties"
            yield from self.visit(additional, where, uncorrelated, below, resource=_embedded(additional))
        if isinstance(items, Mapping):
            lost = uncorrelated
            if schema.get("x-kubernetes-list-type") != "map" and lost is None:
                lost = path
            yield from self.visit(items, f"{path}.items", lost, below, resource=_embedded(items))
        yield from self._compiled(schema, path, uncorrelated, count, resource)

    def _compiled(
        self, schema: Schema, path: str, uncorrelated: str | None, count: int | None, resource: bool
    ) -> Iterator[FieldError]:
        rows = schema.get("x-kubernetes-validations") or ()
        if not rows:
            return
        self_type, sizes = declared_type(schema, resource=resource), declared_sizes(schema, resource=resource)
        if self_type is None or sizes is None:
            text = "internal error: failed to construct type information for x-kubernetes-validations rules: "
            text += "unable to convert structural schema to CEL declarations"
            yield FieldError(f"{path}.x-kubernetes-validations", "InternalError", f"Internal error: {text}")
            return
        often = sizes.repeated() if count is None else count
        for index, row in enumerate(rows):
            where, rule = f"{path}.x-kubernetes-validations[{index}]", compile_rule(row, self_type, schema, sizes)
            if rule.program is not None:
                yield from self._total.add(f"{where}.rule", "rule", rule.program.cost * often)
            if rule.problem:
                yield invalid_value(f"{where}.rule", _internal(row), rule.problem)
            if rule.message_problem:
                yield invalid_value(f"{where}.messageExpression", _internal(row), rule.message_problem)
            elif rule.message is not None:
                yield from self._total.add(f"{where}.messageExpression", "messageExpression", rule.message.cost)
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
