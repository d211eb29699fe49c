"""Lists: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library.

The list functions that 1.34 brings (``sort``, ``distinct``, ``lists.range``…) are not there: new expressions must be
understood by the minor version before, so 1.34 itself refuses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.functions import declare, each
from liqolab.kube.cel.values import (
    NOTHING,
    Duration,
    OptionalValue,
    Uint,
    equal,
    int64,
    less,
    uint64,
)

_COMPARABLE = ("int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes")
_SUMMABLE = ("int", "uint", "double", "duration")


@declare(*(f"list<{kind}>:isSorted() -> bool" for kind in _COMPARABLE), cost=each)
def is_sorted(items: Sequence[Any]) -> bool:
    return not any(less(second, first) for first, second in pairwise(items))


def _sum(zero: Any) -> Any:
    def total(items: Sequence[Any]) -> Any:
        if isinstance(zero, Duration):
            return Duration.checked(sum(item.nanos for item in items))
        if isinstance(zero, float):
            return float(sum(items))
        return uint64(sum(map(int, items))) if isinstance(zero, Uint) else int64(sum(items))

    return total


for _kind, _zero in zip(_SUMMABLE, (0, Uint(0), 0.0, Duration(0)), strict=True):
    declare(f"list<{_kind}>:sum() -> {_kind}", cost=each)(_sum(_zero))


def _extreme(name: str, sign: int) -> Any:
    def pick(items: Sequence[Any]) -> Any:
        if not items:
            raise EvaluationError(f"{name} called on empty list")
        best = items[0]
        for item in items[1:]:
            if less(item, best) if sign < 0 else less(best, item):
                best = item
        return best

    return pick


for _name, _sign in (("min", -1), ("max", 1)):
    declare(*(f"list<{kind}>:{_name}() -> {kind}" for kind in _COMPARABLE), cost=each)(_extreme(_name, _sign))


@declare("list<A>:indexOf(A) -> int", cost=each)
def index_of(items: Sequence[Any], wanted: Any) -> int:
    return next((index for index, item in enumerate(items) if equal(item, wanted)), -1)


@declare("list<A>:lastIndexOf(A) -> int", cost=each)
def last_index_of(items: Sequence[Any], wanted: Any) -> int:
    return next((index for index in reversed(range(len(items))) if equal(items[index], wanted)), -1)


declare("list<A>:first() -> optional<A>")(lambda items: OptionalValue(True, items[0]) if items else NOTHING)
declare("list<A>:last() -> optional<A>")(lambda items: OptionalValue(True, items[-1]) if items else NOTHING)
