r"""One field of an object: found by a path as ``kubectl -o jsonpath`` takes it, compared by an operator.

Dots in keys are escaped as kubectl has it (``.metadata.labels.a\.b/c``); the braces may be left out. Inside of a
sentence quotes are single ones: ``{.status.conditions[?(@.type=='Ready')].status}``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from liqolab.apimachinery.jsonpath import JsonPath, JsonPathError, format_value
from liqolab.apimachinery.quantity import Quantity
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.partial import NOTHING, is_expression

OPERATORS = ("=", "!=", ">=", "<=", ">", "<", "matches", "contains")


def values_at(document: Any, path: str) -> list[Any]:
    """The values at a path; none where it leads nowhere.

    Raises:
        CheckFailedError: it is no path.
    """
    text = path.strip()
    if not text.startswith(("{", ".", "[", "$")):
        text = f".{text}"
    try:
        return [value for value in JsonPath(text).find(document) if value is not None]
    except JsonPathError as error:
        hint = "write it like .status.phase or .status.conditions[?(@.type=='Ready')].status"
        raise CheckFailedError(f'"{path}" is not a path ({error}); {hint}') from None


def judge(values: Sequence[Any], operator: str, wanted: str) -> bool:
    """Whether what is at a path is as an operator asks; of several values one is enough, except for ``!=``.

    A field that is not there is equal to no text (so ``!=`` holds of it) and compares with no number. ``>=`` and its
    like take numbers and quantities (``500m``, ``1Gi``); ``matches`` is a regular expression for the whole value.

    Raises:
        CheckFailedError: there is no such operator, or what is wanted is no regular expression or number.
    """
    if operator == "=":
        return any(format_value(value) == wanted for value in values)
    if operator == "!=":
        return not any(format_value(value) == wanted for value in values)
    if operator == "contains":
        return any(_contains(value, wanted) for value in values)
    if operator == "matches":
        expression = _expression(wanted)
        return any(expression.fullmatch(format_value(value)) is not None for value in values)
    if operator not in OPERATORS:
        raise CheckFailedError(f'"{operator}" is no operator; there are {", ".join(OPERATORS)}')
    return any(_compare(value, operator, wanted) for value in values)


def described(values: Sequence[Any]) -> str:
    """What is at a path, in a few words."""
    return ", ".join(map(format_value, values)) or NOTHING


def _contains(value: Any, wanted: str) -> bool:
    if isinstance(value, list):
        return any(format_value(each) == wanted for each in value)
    if isinstance(value, dict):
        return wanted in value
    return wanted in format_value(value)


def _compare(value: Any, operator: str, wanted: str) -> bool:
    try:
        right = Quantity.parse(wanted)
    except ValueError:
        raise CheckFailedError(f'"{wanted}" is neither a number nor a quantity, as {operator} needs it') from None
    try:
        left = Quantity.parse(value)
    except (ValueError, TypeError, ArithmeticError):
        return False
    return {">=": left >= right, "<=": left <= right, ">": left > right, "<": left < right}[operator]


def _expression(wanted: str) -> re.Pattern[str]:
    try:
        return re.compile(wanted[1:-1] if is_expression(wanted) else wanted)
    except re.error as error:
        raise CheckFailedError(f'"{wanted}" is not a regular expression: {error}') from None
