"""Values: CEL's as Python's where there is a match (bool, int, float, str, bytes, None, list, dict), and classes for
what Python lacks: unsigned numbers, moments and spans of nanoseconds, optionals, types.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from liqolab.apimachinery.quantity import Quantity
from liqolab.kube.cel.errors import EvaluationError, no_overload
from liqolab.kube.cel.types import Type

INT_MAX: Final = 2**63 - 1
INT_MIN: Final = -(2**63)
UINT_MAX: Final = 2**64 - 1
NANOS: Final = 10**9
_FIRST_SECOND: Final = -62135596800
_LAST_SECOND: Final = 253402300799
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Uint(int):
    """A number of type uint."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """A moment, in nanoseconds since 1970."""

    nanos: int

    @staticmethod
    def checked(nanos: int) -> Timestamp:
        """Raises:
        EvaluationError: beyond the years 1 to 9999.
        """
        if not _FIRST_SECOND <= nanos // NANOS <= _LAST_SECOND:
            raise EvaluationError("timestamp overflow")
        return Timestamp(nanos)

    def moment(self) -> datetime:
        """To the microsecond."""
        return _EPOCH + timedelta(microseconds=self.nanos // 1000)

    def __str__(self) -> str:
        text = (_EPOCH + timedelta(seconds=self.nanos // NANOS)).strftime("%Y-%m-%dT%H:%M:%S")
        fraction = f".{self.nanos % NANOS:09d}".rstrip("0") if self.nanos % NANOS else ""
        return f"{text.rjust(19, '0')}{fraction}Z"


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span of time, in nanoseconds."""

    nanos: int

    @staticmethod
    def checked(nanos: int) -> Duration:
        """Raises:
        EvaluationError: more than 292 years.
        """
        if not INT_MIN <= nanos <= INT_MAX:
            raise EvaluationError("duration overflow")
        return Duration(nanos)

    def __str__(self) -> str:
        seconds, rest = divmod(abs(self.nanos), NANOS)
        fraction = f".{rest:09d}".rstrip("0") if rest else ""
        return f"{'-' if self.nanos < 0 else ''}{seconds}{fraction}s"


@dataclass(frozen=True, slots=True)
class OptionalValue:
    """A value that may not be there."""

    present: bool
    value: Any = None


NOTHING: Final = OptionalValue(False)


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value; ``type(1) == int``."""

    name: str


class Opaque:
    """A value of an extension library; `type_name` is its type."""

    __slots__ = ()
    type_name: str = ""


_TYPE_NAMES: Final[dict[type, str]] = {
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null_type",
    list: "list",
    tuple: "list",
    dict: "map",
    Timestamp: "google.protobuf.Timestamp",
    Duration: "google.protobuf.Duration",
    OptionalValue: "optional_type",
    TypeValue: "type",
    Quantity: "kubernetes.Quantity",
}


def type_name(value: Any) -> str:
    """The name of a value's type, as ``type(x)`` gives it."""
    found = _TYPE_NAMES.get(type(value))
    if found is not None:
        return found
    return value.type_name if isinstance(value, Opaque) else "map"


_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "bool": (bool,),
    "uint": (Uint,),
    "double": (float,),
    "string": (str,),
    "bytes": (bytes,),
    "null": (type(None),),
    "list": (list, tuple),
    "map": (dict, Mapping),
    "object": (dict, Mapping),
    "timestamp": (Timestamp,),
    "duration": (Duration,),
    "optional": (OptionalValue,),
    "type": (TypeValue,),
}


def fits(value: Any, type: Type) -> bool:
    """Whether a value is of a type, as far as can be seen without looking into lists and maps."""
    kind = type.kind
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool | Uint)
    if kind in ("dyn", "param"):
        return True
    if kind == "opaque":
        return type_name(value) == type.name
    if kind == "list" and isinstance(value, list | tuple) and value:
        return fits(value[0], type.params[0])
    return isinstance(value, _KINDS[kind])


def equal(first: Any, second: Any) -> bool:
    """Equality, across number types and for all others only within one."""
    if isinstance(first, bool) or isinstance(second, bool):
        return isinstance(first, bool) and isinstance(second, bool) and first == second
    if isinstance(first, list | tuple):
        if not isinstance(second, list | tuple) or len(first) != len(second):
            return False
        return all(equal(one, other) for one, other in zip(first, second, strict=True))
    if isinstance(first, Mapping):
        if not isinstance(second, Mapping) or len(first) != len(second):
            return False
        return all(key in second and equal(value, second[key]) for key, value in first.items())
    if isinstance(first, OptionalValue):
        if not isinstance(second, OptionalValue) or first.present != second.present:
            return False
        return not first.present or equal(first.value, second.value)
    return bool(first == second)


def less(first: Any, second: Any) -> bool:
    """Order.

    Raises:
        EvaluationError: the two cannot be compared.
    """
    numbers = isinstance(first, int | float) and isinstance(second, int | float)
    both_bool = isinstance(first, bool) and isinstance(second, bool)
    if numbers and (both_bool or not (isinstance(first, bool) or isinstance(second, bool))):
        return bool(first < second)
    if type(first) is type(second) and isinstance(first, str | bytes | Timestamp | Duration | Quantity):
        return bool(first < second)
    raise no_overload()


def size_of(value: Any) -> int:
    """What a value counts for in the cost of what is done with it: text and lists by length, all others one."""
    if isinstance(value, str | bytes | list | tuple | Mapping):
        return len(value)
    if isinstance(value, OptionalValue) and value.present:
        return size_of(value.value)
    return 1


def int64(number: int) -> int:
    """Raises:
    EvaluationError: it does not fit.
    """
    if INT_MIN <= number <= INT_MAX:
        return number
    raise EvaluationError("integer overflow")


_MOST_DIGITS: Final = 400


def whole(digits: str) -> int:
    """The number that these digits spell; one that is too large for everything, where there are very many of them."""
    return int(digits) if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def uint64(number: int) -> Uint:
    """Raises:
    EvaluationError: it does not fit.
    """
    if 0 <= number <= UINT_MAX:
        return Uint(number)
    raise EvaluationError("unsigned integer overflow")


def format_double(number: float) -> str:
    """As Go prints it with the fewest digits."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if number == int(number) and abs(number) < 1e21:
        return str(int(number))
    text = repr(number)
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        text = f"{mantissa.removesuffix('.0')}e{exponent[0]}{exponent[1:].zfill(2)}"
    return text


def checked_key(key: Any) -> Any:
    """A key of a map; whole doubles and unsigned numbers find the same entries as ints.

    Raises:
        EvaluationError: values of its type are no keys.
    """
    if isinstance(key, str | int):
        return key
    if isinstance(key, float) and key.is_integer():
        return int(key)
    raise EvaluationError(f"unsupported key type: {type_name(key)}")


def as_json(value: Any) -> Any:
    """A value as JSON, for what expressions put into objects.

    Raises:
        EvaluationError: it has none.
    """
    if isinstance(value, bool | str | float | None.__class__):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Timestamp | Duration | Quantity):
        return str(value)
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    raise EvaluationError(f"unsupported type conversion from {type_name(value)} to JSON")


def distinct(items: Iterable[Any]) -> list[Any]:
    """The elements without repetitions, in order; text and numbers fast, all others one by one."""
    seen: set[Any] = set()
    result: list[Any] = []
    others: list[Any] = []
    for item in items:
        if isinstance(item, str | int | float):
            identity = (isinstance(item, bool), item)
            if identity not in seen:
                seen.add(identity)
                result.append(item)
        elif not any(equal(item, other) for other in others):
            others.append(item)
            result.append(item)
    return result
