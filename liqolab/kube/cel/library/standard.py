"""Operators, sizes and conversions: https://github.com/google/cel-spec/blob/master/doc/langdef.md#list-of-standard-definitions.

``||``, ``&&`` and ``?:`` are here for their types; the planner evaluates them, because they do not evaluate everything.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from liqolab.kube.cel.errors import EvaluationError, no_overload
from liqolab.kube.cel.functions import both, declare, pattern, product, traversal
from liqolab.kube.cel.regexes import compiled
from liqolab.kube.cel.values import (
    Duration,
    OptionalValue,
    Timestamp,
    TypeValue,
    Uint,
    checked_key,
    equal,
    format_double,
    int64,
    less,
    size_of,
    type_name,
    uint64,
    whole,
)


@declare("_||_(bool, bool) -> bool", "_&&_(bool, bool) -> bool", "_?_:_(bool, A, A) -> A")
def planned(*_: Any) -> Any:
    """Never called."""
    raise no_overload()


@declare("!_(bool) -> bool")
def negate(value: bool) -> bool:
    return not value


def _smaller(args: tuple[Any, ...]) -> int:
    return max(1, -(-min(map(size_of, args)) // 10))


declare("_==_(A, A) -> bool", cost=_smaller)(equal)


@declare("_!=_(A, A) -> bool", cost=_smaller)
def differs(first: Any, second: Any) -> bool:
    return not equal(first, second)


_NUMBERS = ("int", "uint", "double")
_ORDERED = (
    *((kind, kind) for kind in ("bool", "string", "bytes", "timestamp", "duration")),
    *((one, other) for one in _NUMBERS for other in _NUMBERS),
)


def _compares(operator: str, test: Callable[[Any, Any], bool]) -> None:
    declare(*(f"_{operator}_({one}, {other}) -> bool" for one, other in _ORDERED), cost=_smaller)(test)


_compares("<", less)
_compares(">", lambda first, second: less(second, first))
_compares("<=", lambda first, second: not less(second, first) and first == first and second == second)
_compares(">=", lambda first, second: not less(first, second) and first == first and second == second)


# --- arithmetic -----------------------------------------------------------------------------------------------------


def _arithmetic(operator: str, work: Callable[[Any, Any], Any]) -> None:
    declare(f"_{operator}_(int, int) -> int")(lambda one, other: int64(work(one, other)))
    declare(f"_{operator}_(uint, uint) -> uint")(lambda one, other: uint64(work(int(one), int(other))))


_arithmetic("+", lambda one, other: one + other)
_arithmetic("-", lambda one, other: one - other)
_arithmetic("*", lambda one, other: one * other)
declare("_+_(double, double) -> double")(lambda one, other: one + other)
declare("_-_(double, double) -> double")(lambda one, other: one - other)
declare("_*_(double, double) -> double")(lambda one, other: one * other)
declare("_+_(string, string) -> string", "_+_(bytes, bytes) -> bytes", cost=both)(lambda one, other: one + other)
declare("_+_(list<A>, list<A>) -> list<A>", cost=both)(lambda one, other: [*one, *other])


def _divide(one: int, other: int) -> int:
    if other == 0:
        raise EvaluationError("division by zero")
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def _remainder(one: int, other: int) -> int:
    if other == 0:
        raise EvaluationError("modulus by zero")
    return one - other * _divide(one, other)


_arithmetic("/", _divide)
_arithmetic("%", _remainder)


@declare("_/_(double, double) -> double")
def divide_doubles(one: float, other: float) -> float:
    if other:
        return one / other
    return math.nan if one == 0 or math.isnan(one) else math.copysign(math.inf, one) * math.copysign(1, other)


declare("-_(int) -> int")(lambda value: int64(-value))
declare("-_(double) -> double")(lambda value: -value)


@declare("_+_(timestamp, duration) -> timestamp", "_+_(duration, timestamp) -> timestamp")
def later(one: Timestamp | Duration, other: Timestamp | Duration) -> Timestamp:
    return Timestamp.checked(one.nanos + other.nanos)


declare("_+_(duration, duration) -> duration")(lambda one, other: Duration.checked(one.nanos + other.nanos))
declare("_-_(timestamp, timestamp) -> duration", "_-_(duration, duration) -> duration")(
    lambda one, other: Duration.checked(one.nanos - other.nanos)
)
declare("_-_(timestamp, duration) -> timestamp")(lambda one, other: Timestamp.checked(one.nanos - other.nanos))


# --- collections ----------------------------------------------------------------------------------------------------


@declare("_[_](list<A>, int) -> A", "_[_](map<A, B>, A) -> B")
@declare("_[_](optional<list<A>>, int) -> optional<A>", "_[_](optional<map<A, B>>, A) -> optional<B>")
def index(container: Any, key: Any) -> Any:
    """The element of a list or map; of an optional one, an optional element."""
    if isinstance(container, OptionalValue):
        return container if not container.present else OptionalValue(True, index(container.value, key))
    if isinstance(container, list | tuple):
        position = _position(key)
        if not 0 <= position < len(container):
            raise EvaluationError(f"index out of bounds: {position}")
        return container[position]
    key = checked_key(key)
    if key not in container:
        raise EvaluationError(f"no such key: {key}")
    return container[key]


@declare("_[?_](list<A>, int) -> optional<A>", "_[?_](optional<list<A>>, int) -> optional<A>")
@declare("_[?_](map<A, B>, A) -> optional<B>", "_[?_](optional<map<A, B>>, A) -> optional<B>")
def optional_index(container: Any, key: Any) -> OptionalValue:
    if isinstance(container, OptionalValue):
        return container if not container.present else optional_index(container.value, key)
    if isinstance(container, list | tuple):
        position = _position(key)
        inside = 0 <= position < len(container)
        return OptionalValue(True, container[position]) if inside else OptionalValue(False)
    key = checked_key(key)
    return OptionalValue(True, container[key]) if key in container else OptionalValue(False)


def _position(key: Any) -> int:
    if isinstance(key, bool) or not isinstance(key, int | float) or key != int(key):
        raise no_overload()
    return int(key)


@declare("@in(A, list<A>) -> bool", cost=lambda args: size_of(args[1]))
@declare("@in(A, map<A, B>) -> bool")
def contained(value: Any, container: Any) -> bool:
    if isinstance(container, list | tuple):
        return any(equal(value, item) for item in container)
    return isinstance(value, str | int | float) and value in container


declare(*(f"size({kind}) -> int" for kind in ("string", "bytes", "list<A>", "map<A, B>")))(len)
declare(*(f"{kind}:size() -> int" for kind in ("string", "bytes", "list<A>", "map<A, B>")))(len)


# --- texts ----------------------------------------------------------------------------------------------------------

declare("string:contains(string) -> bool", cost=product)(lambda text, part: part in text)
declare("string:startsWith(string) -> bool", cost=traversal)(lambda text, part: text.startswith(part))
declare("string:endsWith(string) -> bool", cost=traversal)(lambda text, part: text.endswith(part))


@declare("string:matches(string) -> bool", "matches(string, string) -> bool", cost=pattern)
def matches(text: str, expression: str) -> bool:
    return compiled(expression).search(text) is not None


@declare("string:find(string) -> string", cost=pattern)
def find(text: str, expression: str) -> str:
    found = compiled(expression).search(text)
    return found[0] if found is not None else ""


@declare("string:findAll(string) -> list<string>", "string:findAll(string, int) -> list<string>", cost=pattern)
def find_all(text: str, expression: str, most: int = -1) -> list[str]:
    found = [match[0] for match in compiled(expression).finditer(text)]
    return found if most < 0 else found[:most]


# --- conversions ----------------------------------------------------------------------------------------------------

declare("dyn(A) -> dyn")(lambda value: value)


@declare("type(A) -> type")
def type_of(value: Any) -> TypeValue:
    return TypeValue(type_name(value))


def _unconvertible(kind: str) -> EvaluationError:
    return EvaluationError(f"type conversion error from 'string' to '{kind}'")


_WHOLE = re.compile(r"[+-]?[0-9]+")


@declare("int(int) -> int", "int(uint) -> int", "int(double) -> int", "int(string) -> int", "int(timestamp) -> int")
@declare("int(duration) -> int")
def to_int(value: Any) -> int:
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise _unconvertible("int")
        if not -(2**63) <= (number := whole(value)) < 2**63:
            raise _unconvertible("int")
        return number
    if isinstance(value, Timestamp):
        return value.nanos // 10**9
    if isinstance(value, Duration):
        return value.nanos
    if isinstance(value, float) and not -(2.0**63) < value < 2.0**63:
        raise EvaluationError("integer overflow")
    return int64(int(value))


@declare(*(f"uint({kind}) -> uint" for kind in ("uint", "int", "double", "string")))
def to_uint(value: Any) -> Uint:
    if isinstance(value, str):
        if not value.isdecimal():
            raise _unconvertible("uint")
        return uint64(whole(value))
    if isinstance(value, float) and not 0 <= value < 2.0**64:
        raise EvaluationError("unsigned integer overflow")
    return uint64(int(value))


@declare(*(f"double({kind}) -> double" for kind in ("double", "int", "uint", "string")))
def to_double(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        raise _unconvertible("double") from None


_TRUE, _FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")


@declare("bool(bool) -> bool", "bool(string) -> bool")
def to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    raise _unconvertible("bool")


_TEXTS = ("string", "bool", "int", "uint", "double", "bytes", "timestamp", "duration")


@declare(*(f"string({kind}) -> string" for kind in _TEXTS), cost=traversal)
def to_string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise EvaluationError("invalid UTF-8 in bytes, cannot convert to string") from None
    return format_double(value) if isinstance(value, float) else str(value)


declare("bytes(bytes) -> bytes")(lambda value: value)
declare("bytes(string) -> bytes", cost=traversal)(lambda value: value.encode())
