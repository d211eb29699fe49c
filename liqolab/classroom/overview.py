"""A class at a glance: learners × steps, and who needs help first, worked out of what the desk has.

Somebody is stuck when they have been at a step for twice as long as the others of this class took for it, and not
against a number from elsewhere: a class on slow machines is slow, and nobody in it is stuck for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from liqolab.classroom.store import Store
from liqolab.learn.model import StepState
from liqolab.learn.progress import Progress

_STUCK = 2.0
"""Times the others' median."""

_LEAST_MINUTES = 2.0
"""Below that nobody is stuck, however fast the others were."""

_LAST_COMMANDS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """One learner at one step; `tries` are commands of their own."""

    state: StepState = "new"
    minutes: float = 0.0
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One learner.

    Attributes:
        current: the step that they are at; empty before the first.
        cells: in the order of the steps.
        slowness: their time at the current step in medians of the others' time; 0 where there is none to compare.
        need: why they need help, in words; empty when they do not seem to.
        commands: the last ones that they typed, oldest first, each with its exit code.
    """

    nickname: str
    current: str
    cells: tuple[Cell, ...]
    slowness: float = 0.0
    need: str = ""
    commands: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """All of them, who needs help first before the others."""

    name: str
    steps: tuple[str, ...]
    rows: tuple[Row, ...]


class Lookout:
    """Looks at a class again and again; each look reads only what came in since the last."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._steps = tuple(step["id"] for step in store.outline["steps"])
        self._entries: dict[str, list[Mapping[str, Any]]] = {}
        self._rows: dict[str, Row] = {}

    def look(self) -> Overview:
        """The class as it is now."""
        for seat in self._store.seats():
            known = self._entries.setdefault(seat, [])
            fresh = [event["entry"] for event in self._store.events(seat, len(known))]
            known += fresh
            if fresh or seat not in self._rows:
                enrolled = (self._store.enrolment(seat) or {})["enrolment"]
                self._rows[seat] = _row(str(enrolled["nickname"]), self._steps, known)
        return _arranged(self._store.name, self._steps, list(self._rows.values()))


def overview(store: Store) -> Overview:
    """The class as it is now, for who looks once."""
    return Lookout(store).look()


def arrange(name: str, steps: tuple[str, ...], seats: Iterable[tuple[str, Sequence[Mapping[str, Any]]]]) -> Overview:
    """The same from nicknames with the entries of their chains."""
    return _arranged(name, steps, [_row(nickname, steps, entries) for nickname, entries in seats])


def _arranged(name: str, steps: tuple[str, ...], plain: list[Row]) -> Overview:
    times = [
        [row.cells[place].minutes for row in plain if row.cells[place].state == "passed"] for place in range(len(steps))
    ]
    usual = {step: median(found) if found else 0.0 for step, found in zip(steps, times, strict=True)}
    rows = [_compared(row, steps, usual.get(row.current, 0.0)) for row in plain]
    return Overview(name, steps, tuple(sorted(rows, key=lambda row: (not row.need, -row.slowness, row.nickname))))


def _row(nickname: str, steps: tuple[str, ...], entries: Sequence[Mapping[str, Any]]) -> Row:
    progress = Progress()
    progress.take(entries)
    commands = [entry for entry in entries if entry["event"] == "command" and not entry.get("solving")]
    tries = [sum(entry.get("step") == step for entry in commands) for step in steps]
    records = [progress.step(step) for step in steps]
    cells = [Cell(record.state, record.seconds / 60, count) for record, count in zip(records, tries, strict=True)]
    last = tuple((str(entry.get("text", "")), entry.get("code")) for entry in commands[-_LAST_COMMANDS:])
    dark = [light.reason for light in progress.step(progress.current).lights.values() if light.state == "dark"]
    trouble = f"was done, is so no longer: {dark[0]}" if dark else _trouble(last)
    return Row(nickname, progress.current, tuple(cells), need=trouble, commands=last)


def _trouble(commands: tuple[tuple[str, int | None], ...]) -> str:
    """Two failures one after the other are more than a slip."""
    if len(commands) < 2 or not all(code for _, code in commands[-2:]):
        return ""
    text, code = commands[-1]
    return f"commands fail (exit code {code}): {text.splitlines()[0] if text else ''}"


def _compared(row: Row, steps: tuple[str, ...], usual: float) -> Row:
    """With what the others' time says; who has not passed the step is no part of its median."""
    if row.current not in steps:
        return Row(row.nickname, row.current, row.cells, commands=row.commands)
    place = steps.index(row.current)
    own = row.cells[place]
    if own.state == "passed":
        return Row(row.nickname, row.current, row.cells, commands=row.commands)
    slowness = own.minutes / usual if usual else 0.0
    reasons = []
    if slowness >= _STUCK and own.minutes >= _LEAST_MINUTES:
        reasons.append(f"{own.minutes:.0f} min at {row.current}, where the others took {usual:.0f}")
    reasons += [row.need] if row.need else []
    return Row(row.nickname, row.current, row.cells, slowness, "; ".join(reasons), row.commands)
