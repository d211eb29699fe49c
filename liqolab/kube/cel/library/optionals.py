"""Values that may not be there: https://pkg.go.dev/github.com/google/cel-go/cel#OptionalTypes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.functions import declare
from liqolab.kube.cel.values import NOTHING, Duration, OptionalValue, Timestamp


@declare("optional.of(A) -> optional<A>")
def of(value: Any) -> OptionalValue:
    return OptionalValue(True, value)


@declare("optional.ofNonZeroValue(A) -> optional<A>")
def of_non_zero(value: Any) -> OptionalValue:
    """Empty when the value is its type's zero."""
    empty = value is None or (isinstance(value, bool | int | float | str | bytes | list | Mapping) and not value)
    if isinstance(value, Duration):
        empty = value.nanos == 0
    if isinstance(value, Timestamp):
        empty = value.nanos == -62135596800 * 10**9
    return NOTHING if empty else OptionalValue(True, value)


declare("optional.none() -> optional<A>")(lambda: NOTHING)
declare("optional<A>:hasValue() -> bool")(lambda optional: optional.present)


@declare("optional<A>:value() -> A")
def value(optional: OptionalValue) -> Any:
    if not optional.present:
        raise EvaluationError("optional.none() dereference")
    return optional.value


declare("optional<A>:or(optional<A>) -> optional<A>")(lambda one, other: one if one.present else other)
declare("optional<A>:orValue(A) -> A")(lambda one, other: one.value if one.present else other)
declare("optional.unwrap(list<optional<A>>) -> list<A>", "list<optional<A>>:unwrapOpt() -> list<A>")(
    lambda items: [item.value for item in items if item.present]
)
