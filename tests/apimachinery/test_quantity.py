"""Quantities: canonical forms (recorded from an API server), arithmetic, errors."""

from __future__ import annotations

import pytest

from liqolab.apimachinery.quantity import WRONG_SHAPE, WRONG_SUFFIX, Quantity, canonical, canonical_amount

CANONICAL = {
    "0.5": "500m",
    "1000m": "1",
    "100000m": "100",
    "1.50": "1500m",
    "0.001": "1m",
    "1024Mi": "1Gi",
    "1.5Gi": "1536Mi",
    "0.5Mi": "512Ki",
    "1025Ki": "1025Ki",
    "2048": "2048",
    "2Ki": "2Ki",
    "0": "0",
    "-0": "0",
    "00": "0",
    "0.0Gi": "0",
    "1000": "1k",
    "1500": "1500",
    "1000k": "1M",
    "2000M": "2G",
    "1.1G": "1100M",
    "1e3": "1e3",
    "12e6": "12e6",
    "12E2": "1200",
    "3000e1": "30e3",
    "1e-3": "1e-3",
    "1E": "1E",
    "5E": "5E",
    "1Ei": "1Ei",
    "10Ei": "9223372036854775807",
    "1e30": "1e30",
    "18446744073709551616": "18446744073709551616",
    "-1Gi": "-1Gi",
    "0.1Ki": "102400m",
    "1.0000000001": "1000000001n",
    "1E3": "1E3",
    "007": "007",
    "+1Gi": "+1Gi",
    "1.": "1.",
    "0001.500": "0001.500",
    "1e0": "1e0",
    "e3": "0",
    "+.5": "500m",
    "8Ki": "8Ki",
    "008Ki": "8Ki",
    "007000": "7k",
}


@pytest.mark.parametrize(("text", "expected"), CANONICAL.items())
def test_canonical_form(text: str, expected: str) -> None:
    assert canonical(text) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(("text", "expected"), [("1n", "1m"), ("1500u", "2m"), ("1.2345", "1235m"), ("007", "007")])
def test_lists_of_resources_count_in_thousandths(text: str, expected: str) -> None:
    assert canonical_amount(text) == expected


def test_numbers_are_quantities_too() -> None:
    assert canonical(2) == "2"
    assert canonical(0.25) == "250m"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", WRONG_SHAPE),
        ("x", WRONG_SHAPE),
        ("--1", WRONG_SUFFIX),
        ("1 Gi", WRONG_SHAPE),
        ("1.1.1", WRONG_SHAPE),
        ("1K", WRONG_SUFFIX),
        ("1k5", WRONG_SUFFIX),
    ],
)
def test_what_is_no_quantity(text: str, error: str) -> None:
    with pytest.raises(ValueError) as caught:
        Quantity.parse(text)
    assert str(caught.value) == error


def test_sums_are_exact_and_keep_the_notation() -> None:
    total = Quantity()
    for _ in range(10):
        total += Quantity.parse("100m")
    assert total == Quantity.parse("1")
    assert str(Quantity.parse("1Gi") + Quantity.parse("512Mi")) == "1536Mi"
    assert str(Quantity() + Quantity.parse("1Gi")) == "1Gi"
    assert str(Quantity.parse("1") - Quantity.parse("1500m")) == "-500m"
    assert str(Quantity.parse("200m") * 3) == "600m"


def test_values_are_rounded_away_from_zero() -> None:
    assert Quantity.parse("1100m").value() == 2
    assert Quantity.parse("-1100m").value() == -2
    assert Quantity.parse("1").millis() == 1000
    assert Quantity.parse("100u").millis() == 1


def test_order() -> None:
    texts = ["1m", "1", "1k", "1Ki", "1M", "1Mi", "1Gi"]
    assert sorted(["1Gi", "1M", "1", "1m", "1Mi", "1k", "1Ki"], key=Quantity.parse) == texts
    assert not Quantity()
