"""Leases on clusters that are given by kubeconfigs: shared with other workers and runs, one scenario at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from liqolab.playground.existing import ExistingClusters
from liqolab.playground.providers import settle
from liqolab.playground.shell import prepare
from liqolab.process import without_terminal
from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.library import LessonError
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.testing.leases import Tell, TidyLease, failing, new_playground, point_at
from liqolab.testing.locks import Turns, leave_lock_folder
from liqolab.testing.plan import Plan
from liqolab.testing.settings import Settings


class KubeconfigPool:
    """The clusters that were given, behind one lock for all of them."""

    def __init__(self, settings: Settings, tell: Tell) -> None:
        self._settings = settings
        self._tell = tell
        # Nothing but a folder: for narrowed kubeconfigs, and for the programs of the bash.
        self._playground = new_playground()
        self.kept: list[str] = []
        self._lab: Lab | None = None
        self._turns: Turns | None = None

    def lease(self, plan: Plan | None) -> KubeconfigLease:
        with failing():
            lab, turns = self._prepared()
        turns.take(lambda: self._tell(f"waiting for another run that uses {', '.join(lab.names)} ..."))
        try:
            return KubeconfigLease(lab, turns, plan, self._settings, self._tell)
        except BaseException:
            turns.give_back()
            raise

    def close(self) -> None:
        if self._turns is not None:
            self._turns.give_back()
        if self._lab is not None:
            self._lab.close()
        self._playground.remove()
        leave_lock_folder()

    def _prepared(self) -> tuple[Lab, Turns]:
        if self._lab is None or self._turns is None:
            settle(self._playground, self._settings.choice)
            shell = prepare(self._playground, "features", None, provider="none")
            clusters = ExistingClusters(self._settings.kubeconfigs, self._playground.root / "kubeconfigs")
            identities, paths = asyncio.run(clusters.identities()), clusters.kubeconfigs()
            environment = without_terminal(shell.environment)
            point_at(environment, paths)
            self._turns = Turns(list(identities.values()))
            self._lab = Lab(environment, self._settings.folder, lambda cluster: paths.get(cluster), tuple(paths))
            self._lab.wordings = self._settings.choice.wordings(())
        return self._lab, self._turns


class KubeconfigLease(TidyLease):
    """A scenario's turn with the clusters."""

    def __init__(self, lab: Lab, turns: Turns, plan: Plan | None, settings: Settings, tell: Tell) -> None:
        super().__init__(lab, plan, settings, tell)
        self._turns = turns
        lab.provision = self

    def reach(self, step: str) -> None:
        raise CheckFailedError(f'the lesson cannot reach "{step}" here: it makes clusters of its own')

    def end(self, *, failed: bool) -> None:
        try:
            self.lab.restart_shell()
            if failed and self._keep:
                kept = ", ".join(undo.what for undo in self.lab.undo) or "nothing"
                self._tell(f"kept on {', '.join(self.lab.names)} (remove it yourself): {kept}")
                return
            self._tidiness.end(self._plan)
        finally:
            self._turns.give_back()

    def from_scenario(self, name: str) -> Sequence[str]:
        try:
            wanted = [spec.name for spec in load_lesson(name).clusters]
        except LessonError as error:
            raise CheckFailedError(str(error)) from None
        return self._have(wanted)

    def with_clusters(self, labels: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        return self._have(list(labels))

    def install_liqo(self, cluster: str) -> None:
        if not self.lab.cluster(cluster).list("deployment", "liqo").items:
            raise CheckFailedError(
                f'Liqo is not installed in cluster "{cluster}", which was given by a kubeconfig\n'
                "install it there with liqoctl; liqolab installs on clusters of its own only"
            )

    def _have(self, wanted: Sequence[str]) -> Sequence[str]:
        missing = [name for name in wanted if name not in self.lab.names]
        if missing:
            options = " ".join(f"--liqolab-kubeconfig {name}=PATH" for name in missing)
            raise CheckFailedError(f"no kubeconfig was given for {', '.join(missing)}\nadd {options}")
        return wanted
