"""``features/peer.feature:18`` on the command line: the scenario that stands there, as editors and reports name it.

A line of a scenario means that scenario, a row of examples that row, and a line above all scenarios the whole feature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from liqolab.testing.plan import Plan, plan_of

PLACE = re.compile(r"(?P<file>.+\.feature):(?P<line>[1-9]\d*)")


class Lines:
    """What the arguments of a run ask for.

    Attributes:
        arguments: the same without lines, which pytest understands.
    """

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        """`folder` is where paths begin."""
        places = [(PLACE.fullmatch(argument), argument) for argument in arguments]
        whole = {folder / argument for place, argument in places if place is None}
        self.arguments = list(dict.fromkeys(place["file"] if place else argument for place, argument in places))
        self._wanted: dict[Path, set[int]] = {}
        for place, _ in places:
            if place is not None and folder / place["file"] not in whole:
                self._wanted.setdefault((folder / place["file"]).resolve(), set()).add(int(place["line"]))

    def choose(self, items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
        """The tests that were asked for, and the others."""
        chosen = {id(item) for file, lines in self._wanted.items() for line in lines for item in _at(items, file, line)}
        others = [item for item in items if item.path.resolve() in self._wanted and id(item) not in chosen]
        left_out = set(map(id, others))
        return [item for item in items if id(item) not in left_out], others


def _at(items: Sequence[pytest.Item], file: Path, line: int) -> list[pytest.Item]:
    found = [(item, plan) for item in items if item.path.resolve() == file and (plan := plan_of(item)) is not None]
    rows = [item for item, plan in found if plan.scenario.row == line]
    if rows or not found:
        return rows
    text = found[0][1].feature.source.splitlines()
    while line <= len(text) and text[line - 1].lstrip().startswith("@"):
        # Tags belong to what stands below them.
        line += 1
    above = [_start(plan) for _, plan in found if _start(plan) <= line]
    return [item for item, plan in found if not above or _start(plan) == max(above)]


def _start(plan: Plan) -> int:
    return plan.scenario.line
