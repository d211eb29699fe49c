"""Clusters for scenarios: who has which, for how long, and what has to be true when they are given back.

A worker holds one playground. A scenario leases it from its first sentence about a cluster to its end, with a namespace
of its own; then everything that it did is taken back, last action first, and what it left is searched for. A playground
that is as it was is used again, one that is not is made anew. Clusters that are given by kubeconfigs are leased under a
lock that every worker and every other run on this machine respects.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from liqolab.playground import home
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.scenario import runner
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.residue import Inventory, inventory, residue
from liqolab.testing.plan import Plan
from liqolab.testing.settings import Settings, Severity

Tell = Callable[[str], None]
"""Tells the person who waits what is going on."""


class Lease(runner.Lease, Protocol):
    """What a test leases: it may also begin in the middle of a lesson."""

    def reach(self, step: str) -> None:
        """Bring the lesson to where its step is done.

        Raises:
            CheckFailedError: a step on the way failed, or this is no lesson.
        """
        ...


class ClusterPool(Protocol):
    """Where leases come from: one playground of one worker.

    Attributes:
        kept: playgrounds that are left for the person to look at, by name.
    """

    kept: list[str]

    def lease(self, plan: Plan | None) -> Lease:
        """Wait for the clusters, and prepare them for a scenario (None: a test that is none).

        Raises:
            CheckFailedError: there are no clusters to be had; the text says why.
        """
        ...

    def close(self) -> None:
        """Leave nothing behind."""
        ...


def new_playground() -> Playground:
    """A playground that no other test process has; nothing is made yet."""
    return Playground(f"test-{os.getpid()}-{secrets.token_hex(2)}", home.home())


@contextmanager
def failing() -> Iterator[None]:
    """Clusters that are not to be had fail the scenario that asked for them."""
    try:
        yield
    except PlaygroundError as error:
        raise CheckFailedError(error.told()) from None


def point_at(environment: dict[str, str], kubeconfigs: Mapping[str, Path]) -> None:
    """Have the commands of a bash mean these clusters; one that names none means the first."""
    for variable in [name for name in environment if name.startswith("KUBECONFIG")]:
        del environment[variable]
    environment["KUBECONFIG"] = str(next(iter(kubeconfigs.values())))
    for name, path in kubeconfigs.items():
        environment[f"KUBECONFIG_{name.upper().replace('-', '_')}"] = str(path)


class Tidiness:
    """Watches over what a scenario leaves: compares all objects of all clusters before and after."""

    def __init__(self, lab: Lab, severity: Severity, tell: Tell) -> None:
        self._lab = lab
        self._severity = severity
        self._tell = tell
        self._before: Inventory | None = None

    def begin(self) -> None:
        """From here on whatever comes is the scenario's."""
        self._before = inventory(self._lab.clusters) if self._severity != "off" else None

    def allow(self, action: Callable[[], None]) -> None:
        """Do something that may leave objects: they belong to the playground."""
        earlier = inventory(self._lab.clusters) if self._before is not None else {}
        action()
        if self._before is None:
            return
        for cluster, objects in inventory(self._lab.clusters).items():
            came = objects - earlier.get(cluster, frozenset())
            self._before[cluster] = self._before.get(cluster, frozenset()) | came

    def end(self, plan: Plan | None) -> bool:
        """Take back what the scenario did, and look for the rest; whether everything is as it was.

        Raises:
            CheckFailedError: it is not, and that is an error.
        """
        problems = [f"could not be taken back: {problem}" for problem in self._lab.end_scenario()]
        if self._before is not None:
            left = residue(self._before, inventory(self._lab.clusters))
            problems += [f"was left behind: {line}" for line in left]
        if not problems:
            return True
        text = "the scenario did not clean up: " + "\n  ".join(problems)
        if self._severity == "error":
            raise CheckFailedError(text)
        self._tell((f"{plan.feature.uri}:{plan.scenario.line}: " if plan else "") + text)
        return False


class TidyLease:
    """A scenario's time with clusters that have to be as they were when it ends."""

    def __init__(self, lab: Lab, plan: Plan | None, settings: Settings, tell: Tell) -> None:
        self.lab = lab
        self._plan = plan
        self._keep = settings.keep
        self._tell = tell
        self._tidiness = Tidiness(lab, settings.residue, tell)
        lab.begin_scenario(own_namespace(plan))
        self._tidiness.begin()


def own_namespace(plan: Plan | None) -> str:
    """A namespace that no other scenario has, on shared clusters neither; its name tells whose it is."""
    where = f"-{plan.scenario.row or plan.scenario.line}" if plan else ""
    return f"scenario{where}-{secrets.token_hex(3)}"
