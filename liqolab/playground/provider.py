"""What a provider of clusters has to offer; one interface, whoever makes the clusters.

A feature never asks which provider it runs on. Providers are asyncio throughout, and what they raise towards people is
`PlaygroundError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from liqolab.playground.topology import ClusterSpec

State = Literal["running", "stopped"]


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
    """Creates, finds and deletes clusters of one playground."""

    async def create(self, specs: Sequence[ClusterSpec]) -> None:
        """Create clusters and wait until they are usable; all of them or, on an error or cancellation, none.

        Raises:
            PlaygroundError: a name or port is taken, or a cluster did not come up (the text says why).
        """
        ...

    async def start(self, names: Sequence[str]) -> None:
        """Bring stopped clusters back with all they held."""
        ...

    async def delete(self, names: Sequence[str]) -> None:
        """Delete clusters with all they hold; names that do not exist are passed over."""
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
