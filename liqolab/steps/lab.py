"""What every step works with: the clusters by name, the lesson's bash, and what the last command said."""

from __future__ import annotations

import asyncio
import shlex
import shutil
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

from liqolab.playground.home import Playground
from liqolab.process import Completed, ProgramNotFoundError, Session, run, uninterrupted
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.provision import Provision
from liqolab.steps.transport import import_client
from liqolab.steps.undo import Undo, undo_all

if TYPE_CHECKING:
    from liqolab.steps.clusters import Cluster
    from liqolab.steps.residue import Inventory


class Kubeconfigs(Protocol):
    """Where a lab finds the administrator's kubeconfig of a cluster by name."""

    def __call__(self, cluster: str) -> Path | None: ...


class Lab:
    """One playground with one bash in it.

    Attributes:
        folder: the working folder, in which the bash starts and from which paths in sentences are taken.
        shelves: where files that a sentence names are looked for when the working folder has none such.
        names: the playground's clusters, in the order in which they were declared.
        last: how the last command ended; None before the first.
        requests: of the requests that were sent last, which were answered.
        values: what the scenario remembers, by name.
        default_cluster: the cluster of sentences that name none; None while a feature has to name it.
        default_namespace: the namespace of sentences about named objects that name none.
        own_namespace: the namespace that belongs to the scenario alone; None when it has none.
        own_namespace_in: the clusters in which it was made.
        undo: what the scenario's own actions left to be taken back, the last one first.
        before: what the clusters held before the scenario (see `residue`); None where nobody noted it.
        wordings: what checks expect → what is meant, where nodes have another image than the feature's author reckoned
            with, or Liqo is upstream's.
        playground: whose clusters they are; None where they are somebody else's.
        provision: makes or finds clusters for the sentences that ask for them; None where clusters are given.
    """

    def __init__(
        self, environment: Mapping[str, str], folder: Path, kubeconfigs: Kubeconfigs, names: Sequence[str] = ()
    ) -> None:
        """`environment` is that of the bash."""
        self.folder = folder
        self.shelves: tuple[Path, ...] = ()
        self.names = tuple(names)
        self.last: Completed | None = None
        self.requests: tuple[bool, ...] = ()
        self.values: dict[str, str] = {}
        self.default_cluster: str | None = None
        self.default_namespace: str = "default"
        self.own_namespace: str | None = None
        self.own_namespace_in: set[str] = set()
        self.wordings: Mapping[str, str] = {}
        self.playground: Playground | None = None
        self.provision: Provision | None = None
        self.before: Inventory | None = None
        self.undo: list[Undo] = []
        self._environment = environment
        self._kubeconfigs = kubeconfigs
        self._runner: asyncio.Runner | None = None
        self._session: Session | None = None
        self._clusters: dict[str, tuple[bytes, Cluster]] = {}

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin_scenario(self, namespace: str | None = None) -> None:
        """Start with a clean slate: nothing remembered, nothing to undo, no default cluster.

        Args:
            namespace: the scenario's own. It is made in a cluster when a sentence that names none first acts there, is
                remembered as "namespace" for `{namespace}` in sentences and text blocks, and goes with the scenario.
        """
        self.values = {} if namespace is None else {"namespace": namespace}
        self.undo = []
        self.last = None
        self.requests = ()
        self.before = None
        self.default_cluster = None
        self.own_namespace = namespace
        self.default_namespace = namespace or "default"
        self.own_namespace_in = set()

    def end_scenario(self) -> list[str]:
        """Take back what the scenario did, the last action first; what could not be taken back, one line each."""
        problems = undo_all(self.undo)
        self.begin_scenario()
        return problems

    def run(self, text: str, timeout: float, *, cluster: str | None = None) -> Completed:
        """Type shell text into the lesson's bash and wait for it to end.

        Args:
            text: any bash, several lines too; variables that it sets stay set.
            timeout: seconds after which it is interrupted.
            cluster: whose kubeconfig ``KUBECONFIG`` names for this text alone; None leaves the bash's own.

        Raises:
            CheckFailedError: the playground has no such cluster.
        """
        if cluster is not None:
            # An assignment in front of `eval` ends with it, while what is done inside of it lasts.
            text = f"KUBECONFIG={shlex.quote(str(self.kubeconfig(cluster)))} eval {shlex.quote(text)}"
        self.last = self.bash.run(text, timeout)
        return self.last

    @property
    def bash(self) -> Session:
        """The lesson's bash; a fresh one where it has ended."""
        if self._session is None or not self._session.alive:
            with uninterrupted():
                self._session = Session(self._environment, self.folder)
            # The official client takes half a second to import: time in which the first command can run.
            Thread(target=import_client, daemon=True).start()
        return self._session

    def call(self, program: str, *arguments: str, cluster: str, timeout: float) -> Completed:
        """Run a program of the lab's PATH against a cluster, beside the bash and without a trace in it.

        Raises:
            CheckFailedError: there is no such program or cluster.
        """
        path = shutil.which(program, path=self._environment.get("PATH"))
        environment = {**self._environment, "KUBECONFIG": str(self.kubeconfig(cluster))}
        try:
            return run([path or program, *arguments], environment=environment, folder=self.folder, timeout=timeout)
        except ProgramNotFoundError:
            raise CheckFailedError(f"{program} was not found on the lab's PATH") from None

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

        name = self.cluster_name(name)
        path = self.kubeconfig(name)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CheckFailedError(f'the kubeconfig of cluster "{name}" cannot be read: {error.strerror}') from None
        known = self._clusters.get(name)
        if known is None or known[0] != content:
            # A cluster that was deleted and made anew has other credentials under the same name.
            known = (content, Cluster(name, path))
            self._clusters[name] = known
        return known[1]

    @property
    def clusters(self) -> list[Cluster]:
        """The clusters of the playground that are there."""
        return [self.cluster(name) for name in self.names if self.has_cluster(name)]

    @property
    def meant_cluster(self) -> str | None:
        """The cluster of sentences that name none: the default one, else the only one there is."""
        return self.default_cluster or (self.names[0] if len(self.names) == 1 else None)

    def cluster_name(self, name: str | None = None) -> str:
        """The cluster that a sentence means: the one it names, else the default one, else the only one there is.

        Raises:
            CheckFailedError: none of these.
        """
        name = name or self.meant_cluster
        if name is None:
            hint = 'say in cluster "…", or begin with: Given I am using cluster "…"'
            raise CheckFailedError(f"no cluster is named; {hint}")
        return name

    def kubeconfig(self, cluster: str) -> Path:
        """The administrator's kubeconfig of a cluster.

        Raises:
            CheckFailedError: the playground has no such cluster.
        """
        path = self._kubeconfigs(cluster)
        if path is None:
            there = [name for name in self.names if self.has_cluster(name)]
            known = f" (it has {', '.join(there)})" if there else ""
            declared = ": it was not created yet, or is gone" if cluster in self.names else ""
            raise CheckFailedError(f'there is no cluster "{cluster}" in this playground{declared}{known}')
        return path

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
        """End the bash and the loop, and close connections."""
        self.restart_shell()
        if self._runner is not None:
            self._runner.close()
            self._runner = None
        for _, cluster in self._clusters.values():
            cluster.transport.close()
        self._clusters.clear()
