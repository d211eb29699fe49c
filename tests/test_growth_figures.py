"""Exponents and pictures of the growth benchmark."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from benchmarks.growth.fit import exponent
from benchmarks.growth.plot import picture

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("power", [0.0, 1.0, 2.0])
def test_the_exponent_of_a_power_is_that_power(power: float) -> None:
    assert exponent({size: 3 * size**power for size in (10, 100, 1000)}) == pytest.approx(power)


def test_what_is_fixed_does_not_hide_how_the_rest_grows() -> None:
    grown = exponent({size: 5 + size**2 / 10_000 for size in (1, 10, 100, 1000, 10_000, 100_000)})
    assert grown is not None and grown > 1.9


def test_one_point_has_no_exponent() -> None:
    assert exponent({10: 1.0}) is None


def test_the_picture_has_a_line_for_each() -> None:
    root = ElementTree.fromstring(picture([("pods & nodes", "s", {"ours": {1: 1.0, 10: 9.0}, "real": {1: 2.0}})]))
    assert len(root.findall(f".//{SVG}polyline")) == 2
    assert "pods & nodes (s)" in [text.text for text in root.iter(f"{SVG}text")]
