"""What every step works with: the clusters by name, the lesson's bash, and what the last command said."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from liqolab.process import Completed, Session, uninterrupted
from liqolab.steps.failure import CheckFailedError

if TYPE_CHECKING:
    from liqolab.steps.clusters import Cluster


class Kubeconfigs(Protocol):
    """Where a lab finds the administrator's kubeconfig of a cluster by name."""

    def __call__(self, cluster: str) -> Path | None: ...


class Lab:
    """One playground with one bash in it.

    Attributes:
        last: how the last command ended; None before the first.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path, kubeconfigs: Kubeconfigs) -> None:
        """`folder` is the lesson's working folder, in which the bash starts."""
        self.folder = folder
        self.last: Completed | None = None
        self._environment = environment
        self._kubeconfigs = kubeconfigs
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

    def cluster(self, name: str) -> Cluster:
        """The cluster of that name, through its administrator's kubeconfig.

        Raises:
            CheckFailedError: the playground has no such cluster, or it cannot be reached.
        """
        from liqolab.steps.clusters import Cluster

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
        """End the bash and remove what the lab keeps on disk."""
        self.restart_shell()
        self._scratch.cleanup()

    def _fresh_scratch(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._scratch.name))
