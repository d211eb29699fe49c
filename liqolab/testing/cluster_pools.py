"""Where this process gets clusters from, for which scenario; and whose turn it is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from liqolab.playground.providers import EXISTING
from liqolab.scenario.lesson import Key, load_lesson
from liqolab.testing.leases import ClusterPool, Lease, Tell
from liqolab.testing.lessons import LessonPool, lesson_of
from liqolab.testing.locks import Turn, leave_lock_folder, lock_folder
from liqolab.testing.plan import Plan, plan_of
from liqolab.testing.settings import PROVIDERS, Settings

_SERIAL = "serial"
_KEPT = "liqolab_kept"


class ClusterPools:
    """All playgrounds of one process: one for scenarios in general, one for the lesson that is being played."""

    def __init__(self, config: pytest.Config, settings: Settings, tell: Tell) -> None:
        """Start nothing yet."""
        self._config = config
        self._settings = settings
        self._tell = tell
        self._pool: ClusterPool | None = None
        self._lesson: tuple[Key, LessonPool] | None = None
        self._kept: list[str] = []
        self._taking_turns = False
        self._turn: Turn | None = None

    def expect(self, items: Iterable[pytest.Item]) -> None:
        """Learn what will run. Every worker collects everything, so all know alike whether turns have to be taken."""
        many = hasattr(self._config, "workerinput")
        self._taking_turns = many and any(item.get_closest_marker(_SERIAL) for item in items)

    def names(self, plan: Plan) -> frozenset[str]:
        """The clusters of a scenario that does not say which it wants."""
        if (lesson := lesson_of(plan)) is not None:
            return frozenset(spec.name for spec in load_lesson(*lesson).clusters)
        given = [reference.name for reference in self._settings.kubeconfigs]
        return frozenset(given or self._settings.topology.names)

    def unmet(self, item: pytest.Item) -> str:
        """Why a scenario cannot run here; empty when it can. Its ``@needs(...)`` name a provider, or a program."""
        lesson = lesson_of(plan_of(item))
        if lesson and self._settings.provider == EXISTING:
            return f'lesson "{lesson[0]}" makes clusters of its own, and this run was given some'
        for mark in item.iter_markers("needs"):
            for what in map(str, mark.args):
                if what in PROVIDERS:
                    if what != self._settings.provider:
                        return f"needs the provider {what}, and this run has {self._settings.provider} clusters"
                elif shutil.which(what) is None:
                    return f"needs {what}, which is not on the PATH"
        return ""

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
        lease = self._pool_for(plan).lease(plan)
        if plan is not None:
            lease.lab.shelves = (plan.feature.path.parent.absolute(), self._settings.folder)
        return lease

    def close(self) -> None:
        """Leave nothing behind."""
        for pool in (self._lesson[1] if self._lesson else None, self._pool):
            if pool is not None:
                pool.close()
        if self._pool is not None:
            self._kept += self._pool.kept
        self._lesson = self._pool = None
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

    def _pool_for(self, plan: Plan | None) -> ClusterPool:
        lesson = lesson_of(plan)
        if lesson is not None:
            if self._lesson is not None and self._lesson[0] != lesson:
                self._lesson[1].close()
                self._lesson = None
            if self._lesson is None:
                self._lesson = (lesson, LessonPool(load_lesson(*lesson), self._settings.choice))
            return self._lesson[1]
        if self._pool is None:
            self._pool = self._new_pool()
        return self._pool

    def _new_pool(self) -> ClusterPool:
        # Imported when the first scenario needs clusters: a check of features should not pay for them.
        if self._settings.provider == EXISTING:
            from liqolab.testing.kubeconfig_leases import KubeconfigPool

            return KubeconfigPool(self._settings, self._tell)
        from liqolab.testing.playgrounds import PlaygroundPool

        return PlaygroundPool(self._settings, self._tell)
