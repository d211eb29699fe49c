"""What a provider of clusters has to offer; one interface, whoever makes the clusters.

A feature never asks which provider it runs on. Providers are asyncio throughout, and what they raise towards people is
`PlaygroundError`. Which one a playground has, and how to get it, is told by `liqolab.playground.providers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.playground.topology import ClusterSpec

State = Literal["running", "paused", "stopped"]


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """One cluster as its provider sees it.

    Attributes:
        server: URL of its API server.
        pid: operating-system process, for providers that have one a cluster.
    """

    name: str
    state: State
    server: str = ""
    pid: int | None = None


class Provider(Protocol):
    """Creates, finds and deletes clusters of one playground.

    Attributes:
        name: how people choose it.
        keeps_clusters: whether a cluster that is deleted goes on, because it is somebody else's.
        has_snapshots: whether a cluster's state can be saved and brought back.
    """

    name: str
    keeps_clusters: bool
    has_snapshots: bool

    @property
    def playground(self) -> Playground:
        """Whose clusters they are."""
        ...

    def begins(self, spec: ClusterSpec) -> str:
        """What there is to say of a cluster that begins to be."""
        ...

    async def create(self, specs: Sequence[ClusterSpec], *, retain: bool = False) -> None:
        """Create clusters and wait until they are usable; all of them or, on an error or cancellation, none.

        Args:
            specs: what they are to be.
            retain: leave what did not come up to be looked into.

        Raises:
            PlaygroundError: a name or port is taken, or a cluster did not come up (the text says why).
        """
        ...

    async def start(self, names: Sequence[str]) -> None:
        """Bring stopped clusters back with all they held; those that run are left alone."""
        ...

    async def stop(self, names: Sequence[str]) -> None:
        """End what runs of clusters and keep what they hold."""
        ...

    async def delete(self, names: Sequence[str]) -> None:
        """Delete clusters with all they hold; names that do not exist are passed over.

        Raises:
            PlaygroundError: a name is that of a cluster of somebody else's, which is left alone.
        """
        ...

    async def delete_all(self) -> None:
        """Delete whatever the playground has, also what was never finished."""
        ...

    async def status(self) -> list[ClusterStatus]:
        """All clusters of the playground, by name."""
        ...

    async def kubeconfig(self, name: str) -> Path:
        """A kubeconfig with administrator's rights.

        Raises:
            PlaygroundError: there is no such cluster.
        """
        ...

    async def load(self, names: Sequence[str], images: Sequence[str]) -> None:
        """Have images of this machine on all nodes of clusters, so that nothing has to be pulled.

        Raises:
            PlaygroundError: this machine has no such image, or it cannot be loaded.
        """
        ...


def unknown_cluster(playground: Playground, name: str, statuses: Sequence[ClusterStatus]) -> PlaygroundError:
    """What to say of a name that no cluster of the playground has."""
    known = ", ".join(status.name for status in statuses) or "none"
    return PlaygroundError(f'there is no cluster "{name}" in playground "{playground.name}"', f"known: {known}")
