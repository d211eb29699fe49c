"""Resource quantities: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library."""

from __future__ import annotations

from liqolab.apimachinery.quantity import Quantity
from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.functions import declare, traversal
from liqolab.kube.cel.values import INT_MAX, INT_MIN, NANOS

_TYPE = "kubernetes.Quantity"


@declare(f"quantity(string) -> {_TYPE}", cost=traversal)
def quantity(text: str) -> Quantity:
    try:
        return Quantity.parse(text)
    except ValueError as error:
        raise EvaluationError(str(error)) from None


@declare("isQuantity(string) -> bool", cost=traversal)
def is_quantity(text: str) -> bool:
    try:
        Quantity.parse(text)
    except ValueError:
        return False
    return True


@declare(f"{_TYPE}:compareTo({_TYPE}) -> int")
def compare(one: Quantity, other: Quantity) -> int:
    return (one.nanos > other.nanos) - (one.nanos < other.nanos)


declare(f"{_TYPE}:isGreaterThan({_TYPE}) -> bool")(lambda one, other: one.nanos > other.nanos)
declare(f"{_TYPE}:isLessThan({_TYPE}) -> bool")(lambda one, other: one.nanos < other.nanos)
declare(f"sign({_TYPE}) -> int")(lambda value: (value.nanos > 0) - (value.nanos < 0))
declare(f"{_TYPE}:asApproximateFloat() -> double")(lambda value: value.nanos / NANOS)
declare(f"{_TYPE}:add({_TYPE}) -> {_TYPE}")(lambda one, other: one + other)
declare(f"{_TYPE}:sub({_TYPE}) -> {_TYPE}")(lambda one, other: one - other)
declare(f"{_TYPE}:add(int) -> {_TYPE}")(lambda one, number: one + Quantity.of(number))
declare(f"{_TYPE}:sub(int) -> {_TYPE}")(lambda one, number: one - Quantity.of(number))


@declare(f"{_TYPE}:isInteger() -> bool")
def is_integer(value: Quantity) -> bool:
    return value.nanos % NANOS == 0 and INT_MIN <= value.nanos // NANOS <= INT_MAX


@declare(f"{_TYPE}:asInteger() -> int")
def as_integer(value: Quantity) -> int:
    if not is_integer(value):
        raise EvaluationError("cannot convert value to integer")
    return value.nanos // NANOS
