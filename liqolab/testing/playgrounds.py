"""Leases on clusters of a playground that is the worker's own, brought up when the first scenario needs it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from liqolab.controller.kubeconfig import write_private
from liqolab.playground import users
from liqolab.playground.liqo import install_liqo
from liqolab.playground.providers import provider_of, settle
from liqolab.playground.shell import prepare
from liqolab.process import without_terminal
from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.library import LessonError
from liqolab.scenario.session import close_playground
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.testing.leases import Tell, TidyLease, failing, new_playground, point_at
from liqolab.testing.plan import Plan
from liqolab.testing.settings import Settings
from liqolab.testing.topology import Topology, of_labels, of_lesson
from liqolab.testing.vocabulary import asks_for_clusters


class PlaygroundPool:
    """One playground that changes its clusters to what scenarios ask for."""

    def __init__(self, settings: Settings, tell: Tell) -> None:
        self._settings = settings
        self._tell = tell
        self._playground: LeasedPlayground | None = None
        self.kept: list[str] = []

    def lease(self, plan: Plan | None) -> PlaygroundLease:
        if self._playground is None:
            self._playground = LeasedPlayground(self._settings, self._tell)
        with failing():
            if not (plan and asks_for_clusters(plan.scenario.steps)):
                self._playground.bring_up(self._settings.topology)
        return PlaygroundLease(self, self._playground, plan, self._settings, self._tell)

    def discard(self, *, keep: bool = False) -> None:
        """Have no playground any more; to keep one is to forget it and to tell its name."""
        playground, self._playground = self._playground, None
        if playground is None:
            return
        if keep:
            playground.lab.close()
            self.kept.append(playground.name)
        else:
            playground.close()

    def close(self) -> None:
        self.discard()


class PlaygroundLease(TidyLease):
    """A scenario's time with the playground; also what brings about the clusters that its sentences ask for."""

    def __init__(
        self,
        pool: PlaygroundPool,
        playground: LeasedPlayground,
        plan: Plan | None,
        settings: Settings,
        tell: Tell,
    ) -> None:
        super().__init__(playground.lab, plan, settings, tell)
        self._pool = pool
        self._playground = playground
        self.lab.provision = self

    def reach(self, step: str) -> None:
        raise CheckFailedError(f'the lesson cannot reach "{step}" here: this feature is no lesson\'s')

    def end(self, *, failed: bool) -> None:
        if failed and self._keep:
            self._pool.discard(keep=True)
            return
        clean = False
        try:
            clean = self._tidiness.end(self._plan)
            self._playground.leave_lesson()
        finally:
            if not clean:
                self._pool.discard()

    def from_scenario(self, name: str) -> Sequence[str]:
        with failing():
            try:
                lesson = load_lesson(name)
            except LessonError as error:
                raise CheckFailedError(str(error)) from None
            self._playground.bring_up(of_lesson(lesson))
            folder = self._playground.enter_lesson(lesson.name, lesson.files)
            for cluster in self.lab.names:
                text = self._playground.kubeconfig_path(cluster).read_text()
                write_private(folder / lesson.kubeconfig_name(cluster), text)
        self._tidiness.begin()
        return self.lab.names

    def with_clusters(self, labels: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        with failing():
            self._playground.bring_up(of_labels(labels))
        self._tidiness.begin()
        return self.lab.names

    def install_liqo(self, cluster: str) -> None:
        def install() -> None:
            with failing():
                self._playground.install_liqo([cluster])

        if cluster not in self._playground.with_liqo:
            self._tidiness.allow(install)


class LeasedPlayground:
    """Clusters with a lab in front of them; the lab stays while the clusters change.

    Attributes:
        with_liqo: the clusters that Liqo is installed on.
    """

    def __init__(self, settings: Settings, tell: Tell) -> None:
        """Lay out the folders; no cluster is made yet."""
        self._playground = new_playground()
        settle(self._playground, settings.choice)
        self._provider = provider_of(self._playground)
        self._shell = prepare(self._playground, "features", None)
        users.enter(self._playground)
        self._environment = without_terminal(self._shell.environment)
        self._settings = settings
        self._tell = tell
        self._topology: Topology | None = None
        self.with_liqo: set[str] = set()
        self.lab = Lab(self._environment, settings.folder, self._kubeconfig)
        self.lab.playground = self._playground

    @property
    def name(self) -> str:
        return self._playground.name

    def kubeconfig_path(self, cluster: str) -> Path:
        return self._playground.kubeconfig(cluster)

    def bring_up(self, topology: Topology) -> None:
        """Have exactly these clusters, all of them running; those that are so already are left as they are."""
        if self._topology is None or self._topology.clusters != topology.clusters or not self._healthy():
            self._make(topology)
        missing = [name for name in topology.names if name not in self.with_liqo]
        if topology.liqo and missing:
            self.install_liqo(missing)

    def install_liqo(self, names: Sequence[str]) -> None:
        """Install Liqo on clusters."""
        assert self._topology is not None
        labels = {spec.name: spec.liqo_labels for spec in self._topology.clusters}
        asyncio.run(install_liqo({name: self.kubeconfig_path(name) for name in names}, labels, self._shell.environment))
        self.with_liqo.update(names)

    def enter_lesson(self, name: str, files: Path) -> Path:
        """Work in a fresh copy of a lesson's files from now on; returns the folder."""
        self.leave_lesson()
        self.lab.folder = prepare(self._playground, name, files).folder
        self.lab.restart_shell()
        return self.lab.folder

    def leave_lesson(self) -> None:
        """Work where pytest was started again, in a fresh bash."""
        self.lab.restart_shell()
        if self.lab.folder != self._settings.folder:
            shutil.rmtree(self.lab.folder, ignore_errors=True)
            self.lab.folder = self._settings.folder

    def close(self) -> None:
        """End the clusters and remove all files."""
        self.lab.close()
        close_playground(self._playground)

    def _make(self, topology: Topology) -> None:
        started = time.monotonic()
        self._tell(f"starting clusters {', '.join(topology.names)} ...")
        self._topology = None
        self.with_liqo.clear()
        asyncio.run(self._replace(topology))
        self._topology = topology
        self.lab.names = topology.names
        self.lab.wordings = self._settings.choice.wordings(topology.clusters)
        point_at(self._environment, {name: self.kubeconfig_path(name) for name in topology.names})
        self.lab.restart_shell()
        self._tell(f"clusters {', '.join(topology.names)} are up ({time.monotonic() - started:.1f}s)")

    async def _replace(self, topology: Topology) -> None:
        await self._provider.delete_all()
        await self._provider.create(topology.clusters)

    def _healthy(self) -> bool:
        assert self._topology is not None
        running = {status.name for status in asyncio.run(self._provider.status()) if status.state == "running"}
        return running == set(self._topology.names)

    def _kubeconfig(self, cluster: str) -> Path | None:
        path = self.kubeconfig_path(cluster)
        return path if path.exists() else None
