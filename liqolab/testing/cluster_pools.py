"""Where this process gets clusters from, for which scenario; and whose turn it is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from liqolab.scenario.lesson import load_lesson
from liqolab.testing.leases import Ground, Lease, Tell
from liqolab.testing.lessons import Key, LessonGround, lesson_of
from liqolab.testing.locks import Turn, leave_lock_folder, lock_folder
from liqolab.testing.plan import Plan
from liqolab.testing.settings import Settings

_SERIAL = "serial"
_KEPT = "liqolab_kept"


class Grounds:
    """All playgrounds of one process: one for scenarios in general, one for the lesson that is being played."""

    def __init__(self, config: pytest.Config, settings: Settings, tell: Tell) -> None:
        """Start nothing yet."""
        self._config = config
        self._settings = settings
        self._tell = tell
        self._ground: Ground | None = None
        self._lesson: tuple[Key, LessonGround] | None = None
        self._kept: list[str] = []
        self._taking_turns = False
        self._turn: Turn | None = None

    def expect(self, items: Iterable[pytest.Item]) -> None:
        """Learn what will run. Every worker collects everything, so all know alike whether turns have to be taken."""
        many = hasattr(self._config, "workerinput")
        self._taking_turns = many and any(item.get_closest_marker(_SERIAL) for item in items)

    def take_turn(self, item: pytest.Item) -> None:
        """Wait until a scenario may run: a serial one while no other runs, others while no serial one does."""
        if self._taking_turns:
            self._turn = Turn(self._turn_path(), shared=item.get_closest_marker(_SERIAL) is None)
            self._turn.take()

    def end_turn(self) -> None:
        """Let others have their turn."""
        if self._turn is not None:
            self._turn.give_back()
            self._turn = None

    def lease(self, plan: Plan | None) -> Lease:
        """Clusters for a scenario (None: for a test that is none)."""
        lease = self._ground_for(plan).lease(plan)
        if plan is not None:
            lease.lab.shelves = (plan.feature.path.parent.absolute(), self._settings.folder)
        return lease

    def close(self) -> None:
        """Leave nothing behind."""
        for ground in (self._lesson[1] if self._lesson else None, self._ground):
            if ground is not None:
                ground.close()
        if self._ground is not None:
            self._kept += self._ground.kept
        self._lesson = self._ground = None
        self.end_turn()
        if self._taking_turns:
            Turn(self._turn_path()).retire()
        leave_lock_folder()
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_KEPT] = self._kept

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from a worker what it kept."""
        self._kept += getattr(node, "workeroutput", {}).get(_KEPT, [])

    def told(self) -> list[str]:
        """What was kept, and how to go there."""
        return [f"kept: liqolab shell --playground {name} (end it with: liqolab down -p {name})" for name in self._kept]

    def _turn_path(self) -> Path:
        return lock_folder() / f"turn-{os.environ['PYTEST_XDIST_TESTRUNUID']}"

    def _ground_for(self, plan: Plan | None) -> Ground:
        lesson = lesson_of(plan)
        if lesson is not None:
            if self._lesson is not None and self._lesson[0] != lesson:
                self._lesson[1].close()
                self._lesson = None
            if self._lesson is None:
                self._lesson = (lesson, LessonGround(load_lesson(*lesson)))
            return self._lesson[1]
        if self._ground is None:
            self._ground = self._new_ground()
        return self._ground

    def _new_ground(self) -> Ground:
        # Imported when the first scenario needs clusters: a check of features should not pay for them.
        if self._settings.provider == "existing":
            from liqolab.testing.kubeconfig_leases import GivenGround

            return GivenGround(self._settings, self._tell)
        from liqolab.testing.embedded import EmbeddedGround

        return EmbeddedGround(self._settings, self._tell)
