"""The provider ``existing``: clusters that are there already, handed out to a playground and taken back.

Nothing is made and nothing is taken down. To create a cluster is to have the one that was given under this name, and to
delete it is to know it no longer, so that a lesson that begins with `kind create cluster` and ends with
`kind delete cluster` can be played on clusters of anybody's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from liqolab.controller.kubeconfig import KubeconfigError, load, write_private
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.existing import ExistingClusters, Reference, narrowed
from liqolab.playground.home import Playground
from liqolab.playground.provider import ClusterStatus, Provider, unknown_cluster
from liqolab.playground.topology import ClusterSpec


class GivenProvider(Provider):
    """Clusters that kubeconfigs lead to."""

    name = "existing"
    keeps_clusters = True
    has_snapshots = False

    def __init__(self, playground: Playground, references: Sequence[Reference]) -> None:
        self._playground = playground
        self._references = {entry.name: entry for entry in references}

    @property
    def playground(self) -> Playground:
        """What was handed out."""
        return self._playground

    def begins(self, spec: ClusterSpec) -> str:
        return f"Using the cluster that was given as {self._references[spec.name]}, as it is"

    async def create(self, specs: Sequence[ClusterSpec], *, retain: bool = False) -> None:
        for spec in specs:
            if spec.name not in self._references:
                raise PlaygroundError(
                    f'no kubeconfig was given for cluster "{spec.name}"', f"add --kubeconfig {spec.name}=PATH"
                )
            if self._folder(spec.name).exists():
                raise PlaygroundError(f'a cluster "{spec.name}" already exists in playground "{self._playground.name}"')
        chosen = [self._references[spec.name] for spec in specs]
        await ExistingClusters(chosen, self._playground.root / "kubeconfigs").identities()
        self._playground.create()
        try:
            for entry in chosen:
                self._folder(entry.name).mkdir(mode=0o700)
                order = {"name": entry.name, "nodes": [{"name": str(entry)}], "given": str(entry)}
                (self._folder(entry.name) / "cluster.json").write_text(json.dumps(order) + "\n")
                write_private(self._playground.kubeconfig(entry.name), narrowed(entry))
        except BaseException as error:
            await asyncio.shield(self.delete([spec.name for spec in specs]))
            if isinstance(error, OSError):
                raise PlaygroundError(f"{self._playground.clusters} cannot be written: {error.strerror}") from None
            raise

    async def start(self, names: Sequence[str]) -> None:
        """There is nothing to do: whether they run is their owner's affair."""

    async def stop(self, names: Sequence[str]) -> None:
        raise PlaygroundError(f"{', '.join(names)}: a cluster that was given is not stopped", "stop it yourself")

    async def delete(self, names: Sequence[str]) -> None:
        for name in names:
            shutil.rmtree(self._folder(name), ignore_errors=True)

    async def delete_all(self) -> None:
        await self.delete([status.name for status in await self.status()])

    async def status(self) -> list[ClusterStatus]:
        return [_status(path) for path in sorted(self._playground.clusters.glob("*/kubeconfig"))]

    async def kubeconfig(self, name: str) -> Path:
        path = self._playground.kubeconfig(name)
        if not path.exists():
            raise unknown_cluster(self._playground, name, await self.status())
        return path

    async def load(self, names: Sequence[str], images: Sequence[str]) -> None:
        if images:
            raise PlaygroundError(
                f"{', '.join(images)}: nothing is loaded into clusters that were given", "push it to their registry"
            )

    def _folder(self, name: str) -> Path:
        return self._playground.clusters / name


def _status(kubeconfig: Path) -> ClusterStatus:
    server = ""
    with contextlib.suppress(KubeconfigError):
        server = load(kubeconfig).server
    return ClusterStatus(kubeconfig.parent.name, "running", server)
