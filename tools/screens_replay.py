"""A walkthrough and an atlas that answer from a tape, for the application to be drawn with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from screens_tape import LESSON, STEP, Tape

from liqolab.atlas.explorer_model import AtlasError, Choices, Kind, Table
from liqolab.atlas.world import World
from liqolab.learn.completing import Completion
from liqolab.learn.model import Hint, Light, Saved, StepProgress, StepView
from liqolab.learn.steps import stages
from liqolab.scenario.lesson import load_lesson


class ReplayedWalkthrough:
    """The lesson in a language, with lights, progress and commands as on the tape."""

    def __init__(self, tape: Tape, language: str) -> None:
        self.lesson = load_lesson(LESSON, language)
        self.language = language
        self.steps: tuple[StepView, ...] = tuple(stage.view for stage in stages(self.lesson))
        self.current = STEP
        self.environment: Mapping[str, str] = {}
        self.folder = Path("/")
        self.company = 0
        self._tape = tape
        self._hints = iter(tape.hints)
        self._listeners: list[Callable[[Any], None]] = []

    def tell(self) -> None:
        """Say what was said of the commands."""
        for notice in self._tape.said:
            for listener in self._listeners:
                listener(notice)

    def subscribe(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def lights(self, step: str | None = None) -> tuple[Light, ...]:
        return self._tape.lights[step or self.current]

    def progress(self, step: str | None = None) -> StepProgress:
        return self._tape.progress[step or self.current]

    def hint(self) -> Hint:
        return next(self._hints)

    def snapshots(self) -> tuple[Saved, ...]:
        return tuple(self._tape.saved)

    def kubeconfigs(self) -> Mapping[str, Path]:
        return {}

    def touch(self) -> None:
        return

    def clusters_changed(self) -> None:
        return

    def complete(self, line: str) -> Completion:
        return Completion("")

    def interrupt(self) -> None:
        return

    def close(self) -> None:
        return


class ReplayedAtlas:
    """One world, and answers about what is on the tape."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._left = asyncio.Event()

    def __call__(self, kubeconfigs: object) -> ReplayedAtlas:
        return self

    async def __aenter__(self) -> ReplayedAtlas:
        return self

    async def __aexit__(self, *_: object) -> None:
        return

    @property
    def world(self) -> World:
        return self._tape.world

    async def changes(self) -> AsyncIterator[World]:
        yield self.world
        await self._left.wait()

    def explorer(self, cluster: str) -> ReplayedExplorer:
        return ReplayedExplorer(self._tape, cluster)

    async def choices(self, cluster: str, pod: str, namespace: str) -> Choices | None:
        return self._tape.sides.get("choices") if pod == self._tape.chosen else None

    async def why(self, cluster: str, kind: str, name: str, namespace: str | None = None) -> list[str]:
        return list(side(self._tape, "why", name))


class ReplayedExplorer:
    """What is on the tape of one cluster's objects."""

    def __init__(self, tape: Tape, cluster: str) -> None:
        self._tape = tape
        self._cluster = cluster

    async def kinds(self) -> tuple[Kind, ...]:
        return tuple(self._tape.kinds)

    async def table(self, kind: str, namespace: str | None = None, filter: str = "") -> Table:
        table = self._tape.tables[self._cluster][kind]
        rows = tuple(row for row in table.rows if filter in " ".join(row.cells))
        return Table(table.kind, table.columns, rows)

    async def summary(self, kind: str, name: str, namespace: str | None = None) -> list[str]:
        return list(side(self._tape, "summary", name))

    async def manifest(self, kind: str, name: str, namespace: str | None = None) -> str:
        return str(side(self._tape, "manifest", name))

    async def events(self, kind: str, name: str, namespace: str | None = None) -> Table:
        found: Table = side(self._tape, "events", name)
        return found


def side(tape: Tape, side: str, name: str) -> Any:
    """One side of the pod that was looked at closely."""
    if name != tape.chosen:
        raise AtlasError(f"{name} is not on the tape", "only one pod was looked at closely")
    return tape.sides[side]
