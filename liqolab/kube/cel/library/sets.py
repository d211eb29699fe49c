"""Lists as sets: https://pkg.go.dev/github.com/google/cel-go/ext#Sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from liqolab.kube.cel.functions import crossed, declare
from liqolab.kube.cel.values import equal


@declare("sets.contains(list<A>, list<A>) -> bool", cost=crossed)
def contains(whole: Sequence[Any], part: Sequence[Any]) -> bool:
    return all(any(equal(item, other) for other in whole) for item in part)


@declare("sets.equivalent(list<A>, list<A>) -> bool", cost=crossed)
def equivalent(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return contains(one, other) and contains(other, one)


@declare("sets.intersects(list<A>, list<A>) -> bool", cost=crossed)
def intersects(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return any(equal(item, another) for item in one for another in other)
