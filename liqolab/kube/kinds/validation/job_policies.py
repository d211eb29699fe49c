"""When a job counts as failed or as done, told by rules: ``podFailurePolicy`` and ``successPolicy``."""

from __future__ import annotations

from collections.abc import Sequence

from liqolab.apimachinery import names
from liqolab.apimachinery.errors import FieldError
from liqolab.apimachinery.resources import Object
from liqolab.kube.kinds.field_errors import (
    duplicate,
    each_invalid,
    invalid_value,
    not_negative,
    not_supported,
    quoted,
    required,
    too_long,
    too_many,
)

_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_OPERATORS = ("In", "NotIn")
_STATUSES = ("False", "True", "Unknown")
_MAX_RULES = 20
_MAX_CODES = 255
_MAX_INDEXES = 64 * 1024
"""Bytes of a list of indexes."""


def _listed(values: Sequence[str]) -> str:
    return f"valid values: [{' '.join(map(quoted, values))}]"


def _choice(value: str, path: str, supported: Sequence[str]) -> list[FieldError]:
    if not value:
        return [required(path, _listed(supported))]
    return [] if value in supported else [not_supported(path, value, supported)]


def _whole(path: str, detail: str) -> FieldError:
    return FieldError(path, "FieldValueInvalid", f"Invalid value: {detail}")


def validate_failure_policy(policy: Object, job: Object, path: str) -> list[FieldError]:
    """``podFailurePolicy`` of a job with this spec."""
    rules, pod = policy.get("rules") or [], (job.get("template") or {}).get("spec") or {}
    errors = [too_many(f"{path}.rules", len(rules), _MAX_RULES)] if len(rules) > _MAX_RULES else []
    known = {container.get("name") for kind in ("containers", "initContainers") for container in pod.get(kind) or []}
    for index, rule in enumerate(rules):
        at = f"{path}.rules[{index}]"
        if rule.get("action") != "FailIndex":
            errors += _choice(rule.get("action", ""), f"{at}.action", _ACTIONS)
        elif job.get("backoffLimitPerIndex") is None:
            errors.append(invalid_value(f"{at}.action", "FailIndex", "requires the backoffLimitPerIndex to be set"))
        codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions") or []
        if codes is not None:
            errors += _validate_codes(codes, f"{at}.onExitCodes", known)
        errors += _validate_conditions(conditions, f"{at}.onPodConditions")
        if codes is not None and conditions:
            errors.append(_whole(at, "specifying both OnExitCodes and OnPodConditions is not supported"))
        elif codes is None and not conditions:
            errors.append(_whole(at, "specifying one of OnExitCodes and OnPodConditions is required"))
    return errors


def _validate_conditions(patterns: Sequence[Object], path: str) -> list[FieldError]:
    errors = [too_many(path, len(patterns), _MAX_RULES)] if len(patterns) > _MAX_RULES else []
    for index, pattern in enumerate(patterns):
        at, kind = f"{path}[{index}]", pattern.get("type", "")
        errors += each_invalid(f"{at}.type", kind, names.qualified_name(kind))
        errors += _choice(pattern.get("status", ""), f"{at}.status", _STATUSES)
    return errors


def _validate_codes(codes: Object, path: str, known: set[str | None]) -> list[FieldError]:
    operator, values, name = codes.get("operator", ""), codes.get("values") or [], codes.get("containerName")
    errors = _choice(operator, f"{path}.operator", _OPERATORS)
    if name is not None and name not in known:
        text = "must be one of the container or initContainer names in the pod template"
        errors.append(invalid_value(f"{path}.containerName", name, text))
    at = f"{path}.values"
    if not values:
        errors.append(invalid_value(at, values, "at least one value is required"))
    elif len(values) > _MAX_CODES:
        errors.append(too_many(at, len(values), _MAX_CODES))
    for index, value in enumerate(values):
        if operator == "In" and value == 0:
            errors.append(invalid_value(f"{at}[{index}]", value, "must not be 0 for the In operator"))
        if value in values[:index]:
            errors.append(duplicate(f"{at}[{index}]", value))
    if values != sorted(values):
        errors.append(invalid_value(at, values, "must be ordered"))
    return errors


def validate_success_policy(policy: Object, completions: int, path: str) -> list[FieldError]:
    """``successPolicy`` of an indexed job."""
    rules = policy.get("rules") or []
    errors: list[FieldError] = []
    if not rules:
        text = "at least one rules must be specified when the successPolicy is specified"
        errors.append(required(f"{path}.rules", text))
    if len(rules) > _MAX_RULES:
        errors.append(too_many(f"{path}.rules", len(rules), _MAX_RULES))
    for index, rule in enumerate(rules):
        errors += _validate_success_rule(rule, completions, f"{path}.rules[{index}]")
    return errors


def _validate_success_rule(rule: Object, completions: int, path: str) -> list[FieldError]:
    count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
    errors: list[FieldError] = []
    total = 0
    if count is None and indexes is None:
        errors.append(required(path, "at least one of succeededCount or succeededIndexes must be specified"))
    if indexes is not None:
        at = f"{path}.succeededIndexes"
        errors += [too_long(at, _MAX_INDEXES)] if len(indexes) > _MAX_INDEXES else []
        try:
            total = count_indexes(indexes, completions)
        except ValueError as error:
            errors.append(invalid_value(at, indexes, f"error parsing succeededIndexes: {error}"))
    if count is not None:
        at = f"{path}.succeededCount"
        errors += not_negative(at, count)
        if count > completions:
            text = f"must be less than or equal to {completions} (the number of specified completions)"
            errors.append(invalid_value(at, count, text))
        if indexes is not None and count > total:
            what = "(the number of indexes in the specified succeededIndexes field)"
            errors.append(invalid_value(at, count, f"must be less than or equal to {total} {what}"))
    return errors


def count_indexes(text: str, completions: int) -> int:
    """How many indexes ``1,3-5,7`` denotes.

    Raises:
        ValueError: it is not such a list, or an index is not below `completions`.
    """
    total, last = 0, -1
    for part in text.split(",") if text else ():
        ends = part.split("-")
        if len(ends) > 2:
            why = "violates the requirement that an index interval can have at most two parts separated by '-'"
            raise ValueError(f"the fragment {quoted(part)} {why}")
        numbers = [_index(end, completions) for end in ends]
        if len(numbers) == 2 and numbers[0] >= numbers[1]:
            raise ValueError(f"non-increasing order, previous: {numbers[0]}, current: {numbers[1]}")
        if last >= numbers[0]:
            raise ValueError(f"non-increasing order, previous: {last}, current: {numbers[0]}")
        last = numbers[-1]
        total += numbers[-1] - numbers[0] + 1
    return total


def _index(text: str, completions: int) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"cannot convert string to integer for index: {quoted(text)}")
    if int(text) >= completions:
        raise ValueError(f"too large index: {quoted(text)}")
    return int(text)
