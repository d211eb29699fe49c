"""One thing that is not as a goal has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that is not as the goal has it.

    Attributes:
        what: ``namespace liqo-demo``, ``pod app-south in liqo-demo``, ``node liqo-naples``, ``peering with naples``,
            ``cluster``.
        path: which property, such as ``offloaded to``; empty when the whole thing is missing or extra.
        goal, now: the two values, for people.
    """

    cluster: str
    what: str
    path: str
    goal: str
    now: str
    kind: Literal["missing", "extra", "different"]

    def __str__(self) -> str:
        """A sentence."""
        where = f"{self.cluster}: {self.what}"
        if self.kind == "missing":
            return f"{where} is missing"
        if self.kind == "extra":
            return f"{where} is there and should not be"
        return f"{where}: {self.path} is {self.now or 'nothing'}, should be {self.goal or 'nothing'}"


def presence(
    cluster: str, what: str, goal: Mapping[str, T], now: Mapping[str, T]
) -> tuple[list[Deviation], list[tuple[T, T]]]:
    """What is on one side only, and the pairs that are on both; `what` is put before each name."""
    missing = [Deviation(cluster, f"{what} {name}", "", "there", "", "missing") for name in goal if name not in now]
    extra = [Deviation(cluster, f"{what} {name}", "", "", "there", "extra") for name in now if name not in goal]
    return missing + extra, [(goal[name], now[name]) for name in goal if name in now]


def differences(cluster: str, what: str, values: Mapping[str, tuple[object, object]]) -> Iterator[Deviation]:
    """One deviation for each property whose two values (goal, now) are not the same."""
    for path, (goal, now) in values.items():
        if goal != now:
            yield Deviation(cluster, what, path, _text(goal), _text(now), "different")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
