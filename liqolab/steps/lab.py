"""What every step works with: the clusters by name, the lesson's bash, and what the last command said."""

from __future__ import annotations

import asyncio
import importlib
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

from liqolab.process import Completed, Session, uninterrupted
from liqolab.steps.failure import CheckFailedError

if TYPE_CHECKING:
    from liqolab.steps.clusters import Cluster


class Kubeconfigs(Protocol):
    """Where a lab finds the administrator's kubeconfig of a cluster by name."""

    def __call__(self, cluster: str) -> Path | None: ...


@dataclass(frozen=True, slots=True)
class Undo:
    """How to take back what an action did; `what` says it in a few words, for a report of what could not be undone."""

    what: str
    act: Callable[[], None]


class Lab:
    """One playground with one bash in it.

    Attributes:
        folder: the working folder, in which the bash starts and from which paths in sentences are taken.
        names: the playground's clusters, in the order in which they were declared.
        last: how the last command ended; None before the first.
        values: what the scenario remembers, by name.
        default_cluster: the cluster of sentences that name none; None while a feature has to name it.
        default_namespace: the namespace of sentences about named objects that name none.
        undo: what the scenario's own actions left to be taken back, the last one first.
    """

    def __init__(
        self, environment: Mapping[str, str], folder: Path, kubeconfigs: Kubeconfigs, names: Sequence[str] = ()
    ) -> None:
        """`environment` is that of the bash."""
        self.folder = folder
        self.names = tuple(names)
        self.last: Completed | None = None
        self.values: dict[str, str] = {}
        self.default_cluster: str | None = None
        self.default_namespace: str = "default"
        self.undo: list[Undo] = []
        self._environment = environment
        self._kubeconfigs = kubeconfigs
        self._runner: asyncio.Runner | None = None
        self._session: Session | None = None
        self._clusters: dict[str, tuple[bytes, Cluster]] = {}
        self._scratch = tempfile.TemporaryDirectory(prefix="liqolab-lab-")

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, text: str, timeout: float) -> Completed:
        """Type shell text into the lesson's bash and wait for it to end."""
        if self._session is None or not self._session.alive:
            with uninterrupted():
                self._session = Session(self._environment, self.folder)
            # The official client takes half a second to import: time in which the first command can run.
            Thread(target=importlib.import_module, args=("liqolab.steps.clusters",), daemon=True).start()
        self.last = self._session.run(text, timeout)
        return self.last

    def interrupt(self) -> None:
        """Ctrl-C for the command that runs; returns when it has ended."""
        if self._session is not None:
            self._session.interrupt()

    def restart_shell(self) -> None:
        """Begin with a fresh bash: no variables, the working folder as current folder."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def wait_for(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end, in the lab's own loop, so that what one step opened another can use."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(coroutine)

    def cluster(self, name: str | None = None) -> Cluster:
        """The cluster of that name (None: the default one), through its administrator's kubeconfig.

        Raises:
            CheckFailedError: none is named, the playground has no such cluster, or it cannot be reached.
        """
        from liqolab.steps.clusters import Cluster

        name = name or self.default_cluster
        if name is None:
            raise CheckFailedError('no cluster is named: end in "in cluster ...", or begin with "I am using cluster"')
        path = self._kubeconfigs(name)
        if path is None:
            raise CheckFailedError(f'there is no cluster "{name}" in this playground')
        content = path.read_bytes()
        known = self._clusters.get(name)
        if known is None or known[0] != content:
            # A cluster that was deleted and made anew has other credentials under the same name.
            known = (content, Cluster(name, path, self._fresh_scratch()))
            self._clusters[name] = known
        return known[1]

    def has_cluster(self, name: str) -> bool:
        return self._kubeconfigs(name) is not None

    def output(self) -> str:
        """What the last command printed.

        Raises:
            CheckFailedError: no command has run.
        """
        if self.last is None:
            raise CheckFailedError("no command has run yet")
        return self.last.output

    def close(self) -> None:
        """End the bash and the loop, and remove what the lab keeps on disk."""
        self.restart_shell()
        if self._runner is not None:
            self._runner.close()
            self._runner = None
        self._scratch.cleanup()

    def _fresh_scratch(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._scratch.name))
