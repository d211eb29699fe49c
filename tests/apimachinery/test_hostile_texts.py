"""No text that a client sends keeps the server: neither an expression of ours nor a number of its digits."""

from __future__ import annotations

import pkgutil
import re
import time
from collections.abc import Iterator
from importlib import import_module

import pytest

import liqolab.apimachinery
import liqolab.kube
from liqolab.apimachinery.quantity import Quantity
from liqolab.kube.cel.budget import Meter
from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.program import compile_expression
from liqolab.kube.cel.types import STRING

_LENGTH = 20_000
_SEEDS = (
    "a",
    "1",
    "-",
    ".",
    "a.",
    "a-",
    "1.",
    "0",
    "/",
    " ",
    "a=",
    "a=b,",
    "(",
    "[",
    "{",
    '"',
    "\\",
    ":",
    "1m",
    "%",
    "$(",
    "ab",
)
_SECONDS = 3.0
"""What is linear takes a millisecond; what is not, minutes."""


def _patterns() -> Iterator[re.Pattern[str]]:
    for package in (liqolab.kube, liqolab.apimachinery):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                for value in vars(import_module(found.name)).values():
                    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                        yield value


def test_every_expression_of_ours_is_done_soon() -> None:
    for pattern in {found.pattern: found for found in _patterns()}.values():
        for seed in _SEEDS:
            start = time.process_time()
            pattern.fullmatch(seed * _LENGTH + "!")
            assert time.process_time() - start < _SECONDS, (pattern.pattern, seed)


def test_a_quantity_of_very_many_digits_is_none() -> None:
    for text in ("1" * 100_000, "1" * 100_000 + "!", "0." + "1" * 100_000):
        with pytest.raises(ValueError, match="quantities must match"):
            Quantity.parse(text)


@pytest.mark.parametrize("call", ["int(self)", "uint(self)", "duration(self)", "semver(self)", "quantity(self)"])
def test_a_number_of_very_many_digits_is_too_large(call: str) -> None:
    program = compile_expression(f"{call} == {call}", {"self": STRING})
    suffix = {"duration(self)": "s", "semver(self)": ".0.0"}.get(call, "")
    try:
        program.run({"self": "1" * 100_000 + suffix}, Meter())
    except EvaluationError:
        return
    assert call == "semver(self)", "the others do not fit into 64 bits"
