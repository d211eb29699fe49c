"""Resource quantities (``500m``, ``1Gi``): parsed, counted with, and printed in Kubernetes' canonical form.

A quantity is a whole number of nano-units, which is all the precision that the API keeps (finer values round up), plus
the notation it was written in, which decides how it is printed: ``1024Mi`` becomes ``1Gi`` and ``0.5`` becomes
``500m``. Integers keep sums exact; a float would not add ten times 100m to one.

What looks canonical at a glance is printed as it was written: ``007``, ``+1Gi`` and ``1E3`` stay, since a real API
server takes the same short cut (``ParseQuantity`` of ``k8s.io/apimachinery/pkg/api/resource``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, total_ordering
from typing import Literal

Notation = Literal["decimal", "binary", "exponent"]

_NANO = 10**9
_MILLI = 10**6
_MOST_DIGITS = 18
"""Digits that always fit into 64 bits: with more, the short cut is not taken."""
_BINARY_DIGITS = 14
_MAX = (2**63 - 1) * _NANO
_FORM = re.compile(r"([+-]?)([0-9]*+)(?:\.([0-9]*+))?([eEinumkKMGTP]*+[-+]?[0-9]*)")
_MOST_WRITTEN = 4000
"""Digits that are turned into a number at all: nobody writes more, and it takes time in the square of them."""
_EXPONENT = re.compile(r"[eE][-+]?[0-9]+")
_DECIMAL_EXPONENTS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_POWERS = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL_SUFFIXES = {exponent: suffix for suffix, exponent in _DECIMAL_EXPONENTS.items()}
_BINARY_SUFFIXES = {power: suffix for suffix, power in _BINARY_POWERS.items()}

WRONG_SHAPE = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
WRONG_SUFFIX = "unable to parse quantity's suffix"


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """An amount.

    Attributes:
        nanos: the amount in billionths.
        notation: how it is printed.
        written: the text that it is printed as, if that is the one that was read; empty for the canonical one.
    """

    nanos: int = 0
    notation: Notation = "decimal"
    written: str = ""

    @classmethod
    def parse(cls, text: str | int | float) -> Quantity:
        """The quantity that a JSON string or number denotes.

        Raises:
            ValueError: with Kubernetes' text, if it is none.
        """
        return _parse(text if isinstance(text, str) else _as_in_json(text))

    @classmethod
    def of(cls, value: int, notation: Notation = "decimal") -> Quantity:
        """A whole number of units."""
        return cls(value * _NANO, notation)

    @classmethod
    def of_millis(cls, millis: int) -> Quantity:
        """A number of thousandths, as CPU is counted."""
        return cls(millis * 10**6)

    def value(self) -> int:
        """The amount in units, rounded away from zero."""
        return _round_away(self.nanos, _NANO)

    def millis(self) -> int:
        """The amount in thousandths, rounded away from zero."""
        return _round_away(self.nanos, 10**6)

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.nanos + other.nanos, self.notation if self.nanos else other.notation)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.nanos - other.nanos, self.notation if self.nanos else other.notation)

    def __mul__(self, factor: int) -> Quantity:
        return Quantity(self.nanos * factor, self.notation)

    def __neg__(self) -> Quantity:
        return Quantity(-self.nanos, self.notation)

    def __bool__(self) -> bool:
        return self.nanos != 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.nanos == other.nanos

    def __lt__(self, other: Quantity) -> bool:
        return self.nanos < other.nanos

    def __hash__(self) -> int:
        return hash(self.nanos)

    def __str__(self) -> str:
        return self.written or _canonical(self.nanos, self.notation)


def _as_in_json(number: int | float) -> str:
    """A number as Go's encoder writes it: `1e+21`, and nothing after the point of a whole one."""
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e21:
        return str(int(number))
    return repr(number) if isinstance(number, float) else str(number)


def canonical(text: str | int | float) -> str:
    """`text` in the form in which the API server stores it; numbers of JSON as they stand there.

    Raises:
        ValueError: if it is no quantity.
    """
    return str(Quantity.parse(text))


def canonical_amount(text: str | int | float) -> str:
    """As `canonical`, for amounts of resources: what is finer than a thousandth is rounded up to one.

    Raises:
        ValueError: if it is no quantity.
    """
    quantity = Quantity.parse(text)
    if quantity.nanos % _MILLI == 0:
        return str(quantity)
    return str(Quantity(_MILLI * _round_away(quantity.nanos, _MILLI), quantity.notation))


def _round_away(nanos: int, unit: int) -> int:
    return -(-nanos // unit) if nanos >= 0 else nanos // unit


@lru_cache(maxsize=4096)
def _parse(text: str) -> Quantity:
    match = _FORM.fullmatch(text)
    if not match or not text or len(text) > _MOST_WRITTEN:
        raise ValueError(WRONG_SHAPE)
    sign, whole, fraction, suffix = match[1], match[2] or "0", match[3] or "", match[4]
    digits = int(whole + fraction)
    notation, numerator, denominator = _scale(suffix)
    numerator *= digits * _NANO
    denominator *= 10 ** len(fraction)
    nanos = -(-numerator // denominator)
    if notation == "binary":
        nanos = min(nanos, _MAX)
    kept = text if _is_kept(whole, fraction, suffix, notation) else ""
    return Quantity(-nanos if sign == "-" else nanos, notation, kept)


def _is_kept(whole: str, fraction: str, suffix: str, notation: Notation) -> bool:
    """Whether a number looks canonical at a glance: a multiple of a thousand's power that is not one of the next, or a
    multiple of a kibi's power that eight does not divide.
    """
    whole = whole.lstrip("0") or "0"
    if notation == "binary":
        exponent = 10 * _BINARY_POWERS[suffix]
        return not fraction and len(whole) + int(exponent * 0.3) <= _BINARY_DIGITS and int(whole) % 8 != 0
    exponent = int(suffix[1:]) if notation == "exponent" else _DECIMAL_EXPONENTS[suffix]
    digits, scale = (whole if whole != "0" else "") + fraction, exponent - len(fraction)
    return (
        len(digits) <= _MOST_DIGITS and scale >= -9 and scale % 3 == 0 and whole != "0" and not digits.endswith("000")
    )


def _scale(suffix: str) -> tuple[Notation, int, int]:
    """The notation and the factor (as a fraction) that a suffix stands for."""
    if suffix in _BINARY_POWERS:
        return "binary", 1024 ** _BINARY_POWERS[suffix], 1
    notation: Notation = "decimal"
    if suffix in _DECIMAL_EXPONENTS:
        exponent = _DECIMAL_EXPONENTS[suffix]
    elif _EXPONENT.fullmatch(suffix) and len(suffix) < 8:
        # Beyond a few hundred the result is the cap or one nano anyway; the clamp keeps the arithmetic small.
        notation, exponent = "exponent", max(-400, min(400, int(suffix[1:])))
    else:
        raise ValueError(WRONG_SUFFIX)
    return notation, 10 ** max(exponent, 0), 10 ** max(-exponent, 0)


@lru_cache(maxsize=4096)
def _canonical(nanos: int, notation: Notation) -> str:
    if nanos == 0:
        return "0"
    # Small or fractional binary amounts are printed in decimal: nothing would be gained, precision could be lost.
    if notation == "binary" and abs(nanos) >= 1024 * _NANO and nanos % _NANO == 0:
        return _shorten(nanos // _NANO, 1024, _BINARY_SUFFIXES, max(_BINARY_SUFFIXES))
    number, exponent = nanos, -9
    while number % 1000 == 0 and (exponent < 18 or notation == "exponent"):
        number //= 1000
        exponent += 3
    if notation == "exponent":
        return f"{number}e{exponent}" if exponent else str(number)
    return f"{number}{_DECIMAL_SUFFIXES[exponent]}"


def _shorten(number: int, base: int, suffixes: dict[int, str], most: int) -> str:
    power = 0
    while number % base == 0 and power < most:
        number //= base
        power += 1
    return f"{number}{suffixes[power]}" if power else str(number)
