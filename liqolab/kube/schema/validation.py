"""Validates JSON values against the schemas of CustomResourceDefinitions, with the API server's messages.

Each schema becomes a list of checks, made once; validating runs the checks that belong to the type of the value. Paths
are linked pairs that become text only when there is something to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.schema.correlation import Correlated, root
from liqolab.kube.schema.formats import FORMATS, INTEGER_RANGES

if TYPE_CHECKING:
    from liqolab.kube.schema.rules import Rules

REQUIRED = "FieldValueRequired"
INVALID = "FieldValueInvalid"
TYPE_INVALID = "FieldValueTypeInvalid"
NOT_SUPPORTED = "FieldValueNotSupported"
TOO_LONG = "FieldValueTooLong"
TOO_MANY = "FieldValueTooMany"
DUPLICATE = "FieldValueDuplicate"

RULES_NOT_CHECKED = FieldError(
    "<nil>",
    INVALID,
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing "
    "errors to complete validation",
)
_STOPS_RULES = frozenset((REQUIRED, TYPE_INVALID, NOT_SUPPORTED, TOO_LONG, TOO_MANY))

Path = tuple[Any, ...]
"""``()`` at the root, else ``(parent, ".field")`` or ``(parent, "[0]")``."""

Check = Callable[[Any, Path, list[FieldError]], None]


def path_text(path: Path) -> str:
    """``spec.containers[0].name``."""
    parts: list[str] = []
    while path:
        parts.append(path[1])
        path = path[0]
    return "".join(reversed(parts)).removeprefix(".")


def compact(value: Any) -> str:
    """A value as the API server prints it in messages."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def type_name(value: Any) -> str:
    """The JSON Schema type of a value; a number without a fraction is an integer."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "integer"
    names = {str: "string", dict: "object", list: "array", float: "number"}
    return names.get(type(value), "null")


class Validator:
    """A schema, ready to validate many objects."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._root = _Schema(schema)
        self._has_rules = has_rules(schema)

    @cached_property
    def _rules(self) -> Rules:
        from liqolab.kube.schema.rules import Rules

        return Rules(self._schema)

    def validate(
        self, obj: Object, old: Object | None, warnings: list[str], besides: Iterable[FieldError], *, only_status: bool
    ) -> list[FieldError]:
        """All that is wrong, in the order of the schema.

        Args:
            obj: the object.
            old: the state before an update, whose mistakes may stay as long as nobody touches them.
            warnings: gets those of the rules (``x-kubernetes-validations``) that stay.
            besides: what else is wrong with the object: rules may not be asked then.
            only_status: its status alone is written.
        """
        errors = self._status_errors(obj, old) if only_status else self._errors(obj, old)
        return self.complete([*errors, *besides], obj, old, warnings)

    def _errors(self, obj: Object, old: Object | None) -> list[FieldError]:
        errors: list[FieldError] = []
        self._root.validate(obj, (), errors)
        if errors and old is not None:
            errors = []
            self._root.validate_update(obj, (), errors, root(obj, old))
        return errors

    def _status_errors(self, obj: Object, old: Object | None) -> list[FieldError]:
        """A status is looked at by itself, and texts speak of it as if it were all."""
        schema, before = self._root.field("status"), (old or {}).get("status")
        if schema is None or "status" not in obj:
            return []
        errors: list[FieldError] = []
        schema.validate(obj["status"], (), errors)
        if errors and before is not None:
            errors = []
            schema.validate_update(obj["status"], (), errors, root(obj["status"], before))
        return [_below("status", error) for error in errors]

    def complete(
        self, errors: list[FieldError], obj: Object, old: Object | None, warnings: list[str]
    ) -> list[FieldError]:
        """The errors found so far, and those of lists and rules, which are asked last."""
        if errors and self._has_rules and any(error.reason in _STOPS_RULES for error in errors):
            return [*errors, RULES_NOT_CHECKED]
        duplicates: list[FieldError] = []
        self._root.duplicates(obj, (), duplicates)
        if self._has_rules:
            duplicates += self._rules.validate(obj, old, warnings)
        return errors + duplicates

    def check(self, value: Any, where: str) -> list[FieldError]:
        """What is wrong with a value that stands at `where`, rules aside."""
        errors: list[FieldError] = []
        self._root.validate(value, (), errors)
        return [_below(where, error) for error in errors]


def _below(path: str, error: FieldError) -> FieldError:
    where = path if error.field in ("", "<nil>") else f"{path}.{error.field}"
    return FieldError(where, error.reason, error.message)


def has_rules(schema: Any) -> bool:
    """Whether a rule may be somewhere in a schema."""
    if isinstance(schema, dict):
        return "x-kubernetes-validations" in schema or any(map(has_rules, schema.values()))
    return isinstance(schema, list) and any(map(has_rules, schema))


class _Schema:
    """One schema, compiled."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._types = _types(schema)
        self._nullable = bool(schema.get("nullable"))
        self._checks: dict[type, list[Check]] = {
            str: list(_string_checks(schema)),
            int: list(_number_checks(schema)),
            list: list(_list_checks(schema)),
            dict: list(_object_checks(schema)),
        }
        self._checks[float] = self._checks[int]
        self._common = list(_common_checks(schema))
        properties: Mapping[str, Any] = schema.get("properties") or {}
        self._fields = {name: _Schema(sub) for name, sub in properties.items()}
        additional, items = schema.get("additionalProperties"), schema.get("items")
        self._values = _Schema(additional) if isinstance(additional, dict) else None
        self._items = _Schema(items) if isinstance(items, dict) else None
        self._list_type = schema.get("x-kubernetes-list-type", "")
        self._list_keys: list[str] = schema.get("x-kubernetes-list-map-keys") or []

    def field(self, name: str) -> _Schema | None:
        """The schema of a property."""
        return self._fields.get(name)

    def validate(self, value: Any, path: Path, errors: list[FieldError]) -> None:
        """Note what is wrong with a value and with what is in it."""
        self._validate_own(value, path, errors)
        if isinstance(value, dict):
            for field, below in value.items():
                if child := self._fields.get(field) or self._values:
                    child.validate(below, (path, f".{field}"), errors)
        elif isinstance(value, list) and self._items:
            for index, item in enumerate(value):
                self._items.validate(item, (path, f"[{index}]"), errors)

    def _validate_own(self, value: Any, path: Path, errors: list[FieldError]) -> None:
        if self._types and not self._fits(value):
            name = "number" if type(value) is float else type_name(value)
            errors.append(_wrong_type(path, name, ",".join(self._types)))
        if value is None:
            return
        for check in self._checks.get(type(value), ()):
            check(value, path, errors)
        for check in self._common:
            check(value, path, errors)

    def validate_update(self, value: Any, path: Path, errors: list[FieldError], before: Correlated) -> None:
        """As `validate`, but for what is as it was."""
        if before.unchanged():
            return
        self._validate_own(value, path, errors)
        if isinstance(value, dict):
            for field, below in value.items():
                if child := self._fields.get(field) or self._values:
                    child.validate_update(below, (path, f".{field}"), errors, before.key(field, below, self._schema))
        elif isinstance(value, list) and self._items:
            for index, item in enumerate(value):
                self._items.validate_update(item, (path, f"[{index}]"), errors, before.item(item, self._schema))

    def _fits(self, value: Any) -> bool:
        if value is None:
            return self._nullable
        name = type_name(value)
        return name in self._types or (name == "integer" and "number" in self._types)

    def duplicates(self, value: Any, path: Path, errors: list[FieldError]) -> None:
        """Note elements that a list of type set or map has twice."""
        if isinstance(value, dict):
            for field, below in value.items():
                child = self._fields.get(field) or self._values
                if child and isinstance(below, dict | list):
                    child.duplicates(below, (path, f".{field}"), errors)
        elif isinstance(value, list):
            if self._list_type in ("set", "map"):
                self._list_duplicates(value, path, errors)
            if self._items:
                for index, item in enumerate(value):
                    if isinstance(item, dict | list):
                        self._items.duplicates(item, (path, f"[{index}]"), errors)

    def _list_duplicates(self, items: list[Any], path: Path, errors: list[FieldError]) -> None:
        seen: set[str] = set()
        for index, item in enumerate(items):
            identity = item
            if self._list_type == "map":
                if not isinstance(item, dict):
                    continue
                identity = {key: item[key] for key in self._list_keys if key in item}
            text = compact(identity)
            if text in seen:
                errors.append(FieldError(path_text((path, f"[{index}]")), DUPLICATE, f"Duplicate value: {text}"))
            seen.add(text)


def _types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    if schema.get("x-kubernetes-int-or-string"):
        return ("integer", "string")
    return (schema["type"],) if schema.get("type") else ()


def _wrong_type(path: Path, found: str, wanted: str) -> FieldError:
    where = path_text(path)
    text = f'{where} in body must be of type {wanted}: "{found}"'
    return FieldError(where or "<nil>", TYPE_INVALID, f'Invalid value: "{found}": {text}')


def _wrong(path: Path, value: Any, text: str) -> FieldError:
    where = path_text(path)
    return FieldError(where or "<nil>", INVALID, f"Invalid value: {compact(value)}: {where} in body {text}")


# --- strings --------------------------------------------------------------------------------------------------------


def _string_checks(schema: Mapping[str, Any]) -> Iterator[Check]:
    longest, shortest, pattern = schema.get("maxLength"), schema.get("minLength"), schema.get("pattern")
    if longest is not None or shortest is not None or pattern:
        yield _length_and_pattern(longest, shortest, pattern)
    form = schema.get("format", "")
    if form in FORMATS:
        yield _format(form)


def _length_and_pattern(longest: int | None, shortest: int | None, pattern: str | None) -> Check:
    search = _searching(pattern) if pattern else None

    def check(value: Any, path: Path, errors: list[FieldError]) -> None:
        # Only the first of the three is reported, as upstream does.
        if longest is not None and len(value) > longest:
            text = f"Too long: may not be more than {longest} byte{'s' if longest != 1 else ''}"
            errors.append(FieldError(path_text(path), TOO_LONG, text))
        elif shortest is not None and len(value) < shortest:
            errors.append(_wrong(path, value, f"should be at least {shortest} chars long"))
        elif search is not None and not search(value):
            errors.append(_wrong(path, value, f"should match '{pattern}'"))

    return check


def _searching(pattern: str) -> Callable[[str], bool]:
    """Whether a text has what a pattern asks for. The engine is loaded with the first text: few clusters meet one."""

    def search(text: str) -> bool:
        from liqolab.kube.cel.regexes import compiled

        return compiled(pattern).search(text) is not None

    return search


def _format(form: str) -> Check:
    fits = FORMATS[form]

    def check(value: Any, path: Path, errors: list[FieldError]) -> None:
        if not fits(value):
            errors.append(_wrong_type(path, value, form))

    return check


# --- numbers --------------------------------------------------------------------------------------------------------


def _number_checks(schema: Mapping[str, Any]) -> Iterator[Check]:
    if (factor := schema.get("multipleOf")) is not None:
        yield _multiple(factor)
    if (most := schema.get("maximum")) is not None:
        strict = bool(schema.get("exclusiveMaximum"))
        yield _bound(most, strict, f"should be less than {'' if strict else 'or equal to '}{compact(most)}", -1)
    if (least := schema.get("minimum")) is not None:
        strict = bool(schema.get("exclusiveMinimum"))
        yield _bound(least, strict, f"should be greater than {'' if strict else 'or equal to '}{compact(least)}", 1)
    if (form := schema.get("format", "")) in INTEGER_RANGES:
        yield _range(form)


def _multiple(factor: float) -> Check:
    def check(value: Any, path: Path, errors: list[FieldError]) -> None:
        # A number without a point is divided by one without: what stands behind the factor's is cut off.
        step = int(factor) if isinstance(value, int) else factor
        if step <= 0:
            text = f"factor MultipleOf declared for {path_text(path)} must be positive: {compact(step)}"
            errors.append(FieldError(path_text(path) or "<nil>", INVALID, f"Invalid value: {compact(step)}: {text}"))
        elif value % step if isinstance(value, int) else abs(value / step - round(value / step)) > 1e-9:
            errors.append(_wrong(path, value, f"should be a multiple of {compact(step)}"))

    return check


def _bound(limit: float, strict: bool, text: str, sign: int) -> Check:
    def check(value: Any, path: Path, errors: list[FieldError]) -> None:
        distance = sign * (value - limit)
        if distance < 0 or (strict and distance == 0):
            errors.append(_wrong(path, value, text))

    return check


def _range(form: str) -> Check:
    least, most = INTEGER_RANGES[form]

    def check(value: Any, path: Path, errors: list[FieldError]) -> None:
        if not least <= value <= most:
            errors.append(_wrong_type(path, compact(value), form))

    return check


# --- lists and objects ----------------------------------------------------------------------------------------------


def _list_checks(schema: Mapping[str, Any]) -> Iterator[Check]:
    if (least := schema.get("minItems")) is not None:
        yield _at_least(least, "items")
    if (most := schema.get("maxItems")) is not None:
        yield _at_most(most)


def _object_checks(schema: Mapping[str, Any]) -> Iterator[Check]:
    if (least := schema.get("minProperties")) is not None:
        yield _at_least(least, "properties")
    if (most := schema.get("maxProperties")) is not None:
        yield _at_most(most)
    if required := tuple(schema.get("required") or ()):
        yield _required(required)


def _required(fields: tuple[str, ...]) -> Check:
    def check(value: Any, path: Path, errors: list[FieldError]) -> None:
        for field in fields:
            if field not in value:
                errors.append(FieldError(path_text((path, f".{field}")), REQUIRED, "Required value"))

    return check


def _at_most(most: int) -> Check:
    def check(value: Any, path: Path, errors: list[FieldError]) -> None:
        if len(value) > most:
            text = f"Too many: {len(value)}: must have at most {most} item{'s' if most != 1 else ''}"
            errors.append(FieldError(path_text(path) or "<nil>", TOO_MANY, text))

    return check


def _at_least(least: int, what: str) -> Check:
    def check(value: Any, path: Path, errors: list[FieldError]) -> None:
        if len(value) < least:
            errors.append(_wrong(path, len(value), f"should have at least {least} {what}"))

    return check


# --- enumerations and combinations ----------------------------------------------------------------------------------


def _common_checks(schema: Mapping[str, Any]) -> Iterator[Check]:
    if allowed := schema.get("enum"):
        yield _enumeration(allowed)
    # A field that may be an integer or a string says so with an anyOf that adds nothing to its type.
    if (rows := schema.get("anyOf")) and not schema.get("x-kubernetes-int-or-string"):
        yield _combination([_Schema(row) for row in rows], "anyOf")
    if rows := schema.get("oneOf"):
        yield _combination([_Schema(row) for row in rows], "oneOf")
    if rows := schema.get("allOf"):
        yield _combination([_Schema(row) for row in rows if not _is_int_or_string(row)], "allOf")
    if (row := schema.get("not")) is not None:
        yield _combination([_Schema(row)], "not")


def _is_int_or_string(row: Mapping[str, Any]) -> bool:
    return [sub.get("type") for sub in row.get("anyOf") or ()] == ["integer", "string"]


def _enumeration(allowed: list[Any]) -> Check:
    shown = ", ".join(f'"{value}"' if isinstance(value, str) else f'"{compact(value)}"' for value in allowed)
    texts = frozenset(map(compact, allowed))

    def check(value: Any, path: Path, errors: list[FieldError]) -> None:
        if compact(value) not in texts:
            text = f"Unsupported value: {compact(value)}: supported values: {shown}"
            errors.append(FieldError(path_text(path) or "<nil>", NOT_SUPPORTED, text))

    return check


_COMBINATIONS = {
    "anyOf": "must validate at least one schema (anyOf)",
    "oneOf": "must validate one and only one schema (oneOf). ",
    "allOf": "must validate all the schemas (allOf)",
    "not": "must not validate the schema (not)",
}


def _combination(schemas: list[_Schema], kind: str) -> Check:
    def check(value: Any, path: Path, errors: list[FieldError]) -> None:
        results: list[list[FieldError]] = []
        for schema in schemas:
            found: list[FieldError] = []
            schema.validate(value, path, found)
            results.append(found)
        valid = sum(not found for found in results)
        text = _COMBINATIONS[kind]
        if kind == "anyOf" and not valid:
            closest = min(results, key=len)
        elif kind == "oneOf" and valid != 1:
            closest = [] if valid else min(results, key=len)
            text += f"Found {valid} valid alternatives" if valid else "Found none valid"
        elif kind == "allOf" and valid < len(schemas):
            closest = [error for found in results for error in found]
        elif kind == "not" and valid:
            closest = []
        else:
            return
        where = json.dumps(path_text(path))
        errors.append(FieldError("<nil>", INVALID, f'Invalid value: "": {where} {text}'))
        errors.extend(closest)

    return check
