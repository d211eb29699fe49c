"""``x-kubernetes-validations``: the rules that a schema states in CEL, run against an object and the one before it.

Rules are compiled when the first object is validated; a schema without rules never comes here. Errors that were there
before, in a part of the object that an update leaves alone, become warnings (ratcheting).

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.cel import types
from liqolab.kube.cel.budget import Meter
from liqolab.kube.cel.errors import NO_OVERLOAD, BudgetExceededError, CompileError, EvaluationError, InstantiationError
from liqolab.kube.cel.escaping import escape
from liqolab.kube.cel.program import Program, compile_expression
from liqolab.kube.cel.schemas import declared_type
from liqolab.kube.cel.sizes import Sizes
from liqolab.kube.cel.types import Type
from liqolab.kube.cel.values import NOTHING, OptionalValue
from liqolab.kube.schema.correlation import ABSENT, Correlated, root
from liqolab.kube.schema.field_path import normalized_path

OUT_OF_BUDGET: Final = "validation failed due to running out of cost budget, no further validation rules will be run"
_MOST_MESSAGE: Final = 5 * 1024
"""Bytes of a message that an expression makes."""


class _Exhausted(Exception):  # noqa: N818 (raised and caught in this module)
    """Nothing more may be evaluated for this object; carries the error that says so."""

    def __init__(self, error: FieldError) -> None:
        self.error = error
        super().__init__()


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule.

    Attributes:
        row: the rule as the schema has it.
        program: None when it could not be compiled (`problem`) or is empty.
        message: the program of its messageExpression.
        path: where its errors are shown, below its own place.
    """

    row: Object
    program: Program | None
    problem: str = ""
    message: Program | None = None
    message_problem: str = ""
    path: str = ""

    @property
    def uses_old(self) -> bool:
        return self.program is not None and "oldSelf" in self.program.variables

    @property
    def optional_old(self) -> bool:
        return bool(self.row.get("optionalOldSelf"))

    def shown(self) -> str:
        """The rule as errors quote it."""
        return str(self.row.get("message") or self.row.get("rule") or "").strip()


def compile_rule(row: Object, self_type: Type, schema: Mapping[str, Any], sizes: Sizes | None = None) -> Rule:
    """A rule for values of a type; what is wrong with it stands in its `problem` and `message_problem`. Its costs are
    estimated where the `sizes` of such values are told.
    """
    source = str(row.get("rule") or "")
    if not source.strip():
        return Rule(row, None)
    old = types.optional_of(self_type) if row.get("optionalOldSelf") else self_type
    variables = {"self": self_type, "oldSelf": old}
    try:
        program = compile_expression(source, variables, sizes=sizes)
    except CompileError as error:
        return Rule(row, None, f"compilation failed: {error}")
    except InstantiationError as error:
        return Rule(row, None, f"program instantiation failed: {error}")
    if program.type.kind != "bool":
        return Rule(row, None, "cel expression must evaluate to a bool")
    message, message_problem = None, ""
    if text := row.get("messageExpression"):
        try:
            message = compile_expression(text, variables, sizes=sizes)
        except CompileError as error:
            message_problem = f"messageExpression compilation failed: {error}"
        except InstantiationError as error:
            message_problem = f"messageExpression instantiation failed: {error}"
        if message is not None and message.type.kind != "string":
            message, message_problem = None, "messageExpression must evaluate to a string"
    path = normalized_path(row["fieldPath"], schema) if row.get("fieldPath") else ""
    return Rule(row, program, "", message, message_problem, path or "")


class Rules:
    """All rules of a schema.

    Args:
        schema: of a whole object.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = _Place.of(schema, schema, declared_type(schema, resource=True), resource=True)

    def validate(self, obj: Object, old: Object | None, warnings: list[str]) -> list[FieldError]:
        """What the rules have against an object.

        Args:
            obj: pruned, defaulted, and valid but for the rules.
            old: the state before; None at a creation.
            warnings: gets what is wrong, but was before.
        """
        if self._root is None:
            return []
        run = _Run(warnings)
        try:
            run.visit(self._root, "", obj, root(obj, old))
        except _Exhausted as exhausted:
            run.errors.append(exhausted.error)
        return run.errors


@dataclass(slots=True)
class _Place:
    """A place in the schema with rules at it or below."""

    rules: list[Rule]
    kind: str
    fields: dict[str, _Place]
    values: _Place | None
    items: _Place | None
    also: list[_Place]
    schema: Mapping[str, Any]

    @staticmethod
    def of(schema: Mapping[str, Any], spine: Mapping[str, Any], type: Type | None, *, resource: bool) -> _Place | None:
        """The rules of `schema`, which speaks of the same place as `spine`, where the types are declared."""
        if type is None:
            return None
        rules = [compile_rule(row, type, spine) for row in schema.get("x-kubernetes-validations") or ()]
        place = _Place(rules, spine.get("type", ""), {}, None, None, [], spine)
        below, items, additional = (
            schema.get("properties") or {},
            schema.get("items"),
            schema.get("additionalProperties"),
        )
        for name, sub in below.items():
            own = (spine.get("properties") or {}).get(name)
            if own is not None and (found := _below(sub, own, _field_type(type, name, own))):
                place.fields[name] = found
        element = type.params[-1] if type.params else None
        if isinstance(items, dict) and isinstance(spine.get("items"), dict):
            place.items = _below(items, spine["items"], element)
        if isinstance(additional, dict) and isinstance(spine.get("additionalProperties"), dict):
            place.values = _below(additional, spine["additionalProperties"], element)
        for row in schema.get("allOf") or ():
            if found := _Place.of(row, spine, type, resource=resource):
                place.also.append(found)
        return place if any((rules, place.fields, place.values, place.items, place.also)) else None


def _below(schema: Mapping[str, Any], spine: Mapping[str, Any], type: Type | None) -> _Place | None:
    return _Place.of(schema, spine, type, resource=bool(spine.get("x-kubernetes-embedded-resource")))


def _field_type(type: Type, name: str, schema: Mapping[str, Any]) -> Type | None:
    escaped = escape(name)
    if escaped is None:
        return declared_type(schema, resource=bool(schema.get("x-kubernetes-embedded-resource")))
    field = (type.fields or {}).get(escaped)
    return field.type if field is not None else None


class _Run:
    """One validation of one object."""

    def __init__(self, warnings: list[str]) -> None:
        self.errors: list[FieldError] = []
        self._warnings = warnings
        self._meter = Meter()

    def visit(self, place: _Place, path: str, value: Any, before: Correlated) -> None:
        """Run the rules at a place, then those below it."""
        if value is None:
            return
        for rule in place.rules:
            self._check(rule, place, path, value, before)
        for other in place.also:
            self.visit(other, path, value, before.uncorrelated())
        for below, where, child, old in _children(place, path, value, before):
            self.visit(below, where, child, old)

    def _check(self, rule: Rule, place: _Place, path: str, value: Any, before: Correlated) -> None:
        kind = place.kind
        if rule.problem:
            self.errors.append(_invalid(path, kind, f"rule compile error: {rule.problem}"))
            return
        old = before.comparable
        if rule.program is None or (rule.uses_old and old is ABSENT and not rule.optional_old):
            return
        variables = {"self": value}
        if rule.optional_old:
            variables["oldSelf"] = NOTHING if old is ABSENT else OptionalValue(True, old)
        elif old is not ABSENT:
            variables["oldSelf"] = old
        try:
            holds = rule.program.run(variables, self._meter)
        except EvaluationError as error:
            self._charge(path, kind)
            self.errors.append(_invalid(path, kind, _failure(error, rule)))
            return
        except BudgetExceededError as error:
            text = f"'{error}': no further validation rules will be run due to call cost exceeds limit for rule: "
            raise _Exhausted(_invalid(path, kind, text + rule.shown())) from None
        self._charge(path, kind)
        if holds is not True:
            found = _for_reason(_joined(path, rule.path), kind, self._message(rule, path, kind, variables), rule)
            self._tell(found, rule, before)

    def _charge(self, path: str, kind: str) -> None:
        if not self._meter.end():
            raise _Exhausted(_invalid(path, kind, OUT_OF_BUDGET))

    def _tell(self, error: FieldError, rule: Rule, before: Correlated) -> None:
        if not rule.uses_old and before.unchanged():
            self._warnings.append(f"{error.field}: {error.message}")
        else:
            self.errors.append(error)

    def _message(self, rule: Rule, path: str, kind: str, variables: Mapping[str, Any]) -> str:
        default = str(rule.row.get("message") or "").strip() or f"failed rule: {rule.shown()}"
        if rule.message is None:
            return default
        try:
            text = str(rule.message.run(variables, self._meter)).strip()
        except EvaluationError:
            text = ""
        except BudgetExceededError:
            quoted = rule.row.get("messageExpression", "")
            why = "no further validation rules will be run due to call cost exceeds limit for messageExpression"
            raise _Exhausted(_invalid(path, kind, f'{why}: "{quoted}"')) from None
        self._charge(path, kind)
        usable = text and len(text.encode()) <= _MOST_MESSAGE and "\n" not in text
        return text if usable else default


def _children(
    place: _Place, path: str, value: Any, before: Correlated
) -> Iterator[tuple[_Place, str, Any, Correlated]]:
    if isinstance(value, dict):
        for name, child in value.items():
            if place.values is not None:
                yield place.values, f"{path}[{name}]", child, before.key(name, child, place.schema)
            if name in place.fields:
                yield (
                    place.fields[name],
                    f"{path}.{name}" if path else name,
                    child,
                    before.key(name, child, place.schema),
                )
    elif isinstance(value, list) and place.items is not None:
        for index, child in enumerate(value):
            yield place.items, f"{path}[{index}]", child, before.item(child, place.schema)


def _invalid(path: str, kind: str, detail: str) -> FieldError:
    return FieldError(path or "<nil>", "FieldValueInvalid", f'Invalid value: "{kind}": {detail}')


def _joined(path: str, below: str) -> str:
    return f"{path}.{below}" if path and below else path or below


def _failure(error: EvaluationError, rule: Rule) -> str:
    if str(error).startswith(NO_OVERLOAD):
        text = "call arguments did not match a supported operator, function or macro signature for rule"
        return f"'{error}': {text}: {rule.shown()}"
    return f"{error} evaluating rule: {rule.shown()}"


def _for_reason(path: str, kind: str, detail: str, rule: Rule) -> FieldError:
    reason, where = rule.row.get("reason"), path or "<nil>"
    if reason == "FieldValueForbidden":
        return FieldError(where, reason, f"Forbidden: {detail}")
    if reason == "FieldValueRequired":
        return FieldError(where, reason, f"Required value: {detail}")
    if reason == "FieldValueDuplicate":
        return FieldError(where, reason, f'Duplicate value: "{kind}"')
    return _invalid(path, kind, detail)
