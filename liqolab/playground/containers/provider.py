"""The provider ``kind``: clusters that a person's own `kind` makes of containers.

Names of KinD's clusters are the machine's, not a playground's. Every cluster of ours is marked (see `config`), a name
that is taken by any other is refused, and nothing without our mark is ever stopped or deleted. Which clusters there are
is asked of the container engine each time: a folder of ours could be stale, a container cannot.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from liqolab import installed
from liqolab.controller.kubeconfig import KubeconfigError, load
from liqolab.playground.containers.config import configuration, is_ours, mark_of, marked, owner_of
from liqolab.playground.containers.engine import DOCTOR, Engine, Node, find_engine, find_kind, last_line
from liqolab.playground.containers.images import supply
from liqolab.playground.containers.readiness import until_ready
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.playground.kind_config.model import CONTROL_PLANE
from liqolab.playground.provider import ClusterStatus, Provider, State, unknown_cluster
from liqolab.playground.topology import ClusterSpec
from liqolab.playground.upstream import OWN
from liqolab.process import run_async, uninterrupted

_WAIT = "5m"
_CREATION_SECONDS = 600.0
_COMMAND_SECONDS = 180.0
_DELETIONS = 3
"""A container that the engine was just making when `kind` was ended appears behind our back."""


class KindProvider(Provider):
    """Clusters of one playground, as containers of this machine."""

    name = "kind"
    keeps_clusters = False
    has_snapshots = False

    def __init__(
        self,
        playground: Playground,
        *,
        node_image: str = "",
        liqo: str = OWN,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """`node_image` stands in for the image of every node of every cluster; `liqo` says whose Liqo they will get."""
        self._playground = playground
        self._node_image = node_image
        self._liqo = liqo
        self._environ = environ

    @property
    def playground(self) -> Playground:
        """Whose clusters they are."""
        return self._playground

    def begins(self, spec: ClusterSpec) -> str:
        return f"Creating {len(spec.nodes) or 1} containers as nodes"

    async def create(self, specs: Sequence[ClusterSpec], *, retain: bool = False) -> None:
        engine = find_engine(self._environ)
        names = [spec.name for spec in specs]
        await self._refuse_taken(engine, names)
        self._playground.create()
        try:
            await _side_by_side([self._create(spec) for spec in specs])
            await supply(self, engine, names, self._liqo)
        except BaseException as error:
            if retain:
                raise
            # All or nothing, however often Ctrl-C arrives while it is put in order.
            with uninterrupted():
                await asyncio.shield(self._remove(engine, names))
            if isinstance(error, PlaygroundError):
                raise PlaygroundError(str(error), error.hint or f"no cluster was left; {DOCTOR}") from None
            raise

    async def start(self, names: Sequence[str]) -> None:
        engine = find_engine(self._environ)
        ours = await self._ours(engine)
        still = [node.name for name in names for node in ours.get(name, ()) if node.paused]
        if still:
            await engine.unpause(still)
        stopped = [node for name in names for node in ours.get(name, ()) if not node.running and not node.paused]
        # The others' kubelets look for the API server as soon as they run.
        for role in (True, False):
            if chosen := [node.name for node in stopped if (node.role == CONTROL_PLANE) is role]:
                await engine.start(chosen)
        known = [await self.kubeconfig(name) for name in names]
        await asyncio.gather(*(until_ready(path) for path in known))

    async def stop(self, names: Sequence[str]) -> None:
        engine = find_engine(self._environ)
        ours = await self._ours(engine)
        if running := [node.name for name in names for node in ours.get(name, ()) if node.running]:
            await engine.stop(running)

    async def delete(self, names: Sequence[str]) -> None:
        await self.refuse_strangers(names)
        await self._remove(find_engine(self._environ), names)

    async def delete_all(self) -> None:
        if not self._was_used():
            return
        engine = find_engine(self._environ)
        folders = [entry.name for entry in self._playground.clusters.glob("*")]
        # Also what was never finished, and what was deleted without us.
        await self._remove(engine, sorted({*await self._ours(engine), *folders}))

    async def status(self) -> list[ClusterStatus]:
        found = await self._ours(find_engine(self._environ)) if self._playground.exists else {}
        return [self._status(name, nodes) for name, nodes in sorted(found.items()) if self._whole(name)]

    async def kubeconfig(self, name: str) -> Path:
        path = self._playground.kubeconfig(name)
        if not path.exists():
            raise unknown_cluster(self._playground, name, await self.status())
        return path

    async def load(self, names: Sequence[str], images: Sequence[str]) -> None:
        if images:
            await _side_by_side([self._kind("load", "docker-image", "--name", name, *images) for name in names])

    async def refuse_strangers(self, names: Sequence[str]) -> None:
        """See that none of the names is that of a cluster which is not this playground's.

        Raises:
            PlaygroundError: one is.
        """
        known = _by_cluster(await find_engine(self._environ).nodes())
        for name in names:
            self._refuse_strangers(name, known.get(name, ()))

    async def owns(self, name: str) -> bool | None:
        """Whether a cluster of that name is this playground's; None where this machine has none."""
        nodes = await find_engine(self._environ).nodes(name)
        return all(is_ours(self._playground, node) for node in nodes) if nodes else None

    def config_of(self, raw: str | bytes | None, name: str) -> str | None:
        """See `marked`; what it mounts is there."""
        mark_of(self._playground, name).mkdir(parents=True, exist_ok=True, mode=0o700)
        (self._playground.clusters / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        return marked(raw, self._playground, name, self._node_image)

    async def adopt(self, name: str) -> None:
        """Take what `kind` made with our mark as a cluster of the playground."""
        folder = self._playground.clusters / name
        fresh = folder / ".kubeconfig"
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        await self._kind("export", "kubeconfig", "--name", name, "--kubeconfig", str(fresh))
        await until_ready(fresh)
        fresh.replace(self._playground.kubeconfig(name))

    async def _create(self, spec: ClusterSpec) -> None:
        config = self.config_of(configuration(spec), spec.name)
        assert config is not None  # a ClusterSpec's configuration has been read before
        scratch = self._playground.clusters / spec.name / ".kubeconfig"
        command = ["create", "cluster", "--name", spec.name, "--config", "-", "--retain", "--wait", _WAIT]
        try:
            await self._kind(*command, "--kubeconfig", str(scratch), typed=config.encode(), seconds=_CREATION_SECONDS)
        except PlaygroundError as error:
            raise PlaygroundError(f'cluster "{spec.name}": {error}', error.hint) from None
        await self.adopt(spec.name)

    async def _remove(self, engine: Engine, names: Sequence[str]) -> None:
        for _ in range(_DELETIONS):
            ours = await self._ours(engine)
            present = [name for name in names if name in ours]
            if not present:
                break
            # A kubeconfig of the person's own has never heard of it, so it is left out of this.
            scratch = str(self._playground.root / ".kubeconfig")
            await self._kind("delete", "clusters", *present, "--kubeconfig", scratch)
        for name in names:
            shutil.rmtree(self._playground.clusters / name, ignore_errors=True)
            shutil.rmtree(mark_of(self._playground, name), ignore_errors=True)

    async def _refuse_taken(self, engine: Engine, names: Sequence[str]) -> None:
        """See that nobody has the names; what was left of an earlier attempt of our own makes room."""
        known = _by_cluster(await engine.nodes())
        broken = []
        for name in names:
            if not (nodes := known.get(name)):
                continue
            self._refuse_strangers(name, nodes)
            if self._whole(name):
                raise PlaygroundError(
                    f'a cluster "{name}" already exists in playground "{self._playground.name}"',
                    f"delete it (kind delete cluster --name {name}), or use another name",
                )
            broken.append(name)
        await self._remove(engine, broken)

    def _refuse_strangers(self, name: str, nodes: Sequence[Node]) -> None:
        if all(is_ours(self._playground, node) for node in nodes):
            return
        owner = owner_of(nodes)
        whose = f'of playground "{owner}"' if owner else "that liqolab has not made"
        hint = (
            f"take that down first: {installed.command(f'down -p {owner}')}"
            if owner
            else "if you need it no more, delete it yourself"
        )
        raise PlaygroundError(f'this machine has a KinD cluster "{name}" {whose}; it was left alone', hint)

    async def _ours(self, engine: Engine) -> dict[str, list[Node]]:
        return _by_cluster([node for node in await engine.nodes() if is_ours(self._playground, node)])

    def _was_used(self) -> bool:
        """Whether there may be clusters: what has never had any is taken down without an engine, too."""
        return any(self._playground.clusters.glob("*")) or any(mark_of(self._playground, "*").parent.glob("*"))

    def _whole(self, name: str) -> bool:
        return self._playground.kubeconfig(name).exists()

    def _status(self, name: str, nodes: Sequence[Node]) -> ClusterStatus:
        server = ""
        with contextlib.suppress(KubeconfigError):
            server = load(self._playground.kubeconfig(name)).server
        state: State = "running" if all(node.running for node in nodes) else "stopped"
        if any(node.paused for node in nodes):
            state = "paused"
        return ClusterStatus(name, state, server)

    async def _kind(self, *arguments: str, typed: bytes = b"", seconds: float = _COMMAND_SECONDS) -> str:
        program = find_kind(self._environ, besides=str(self._playground.bin))
        environment = {key: value for key, value in self._environ.items() if key != "KUBECONFIG"}
        done = await run_async([program, *arguments], environment=environment, typed=typed, timeout=seconds)
        if done.timed_out:
            raise PlaygroundError(f"kind {' '.join(arguments[:2])}: not done after {seconds:g}s")
        if done.code != 0:
            raise PlaygroundError(f"kind {' '.join(arguments[:2])}: {_complaint(done.output) or f'code {done.code}'}")
        return done.output


def _by_cluster(nodes: Sequence[Node]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in nodes:
        found.setdefault(node.cluster, []).append(node)
    return found


def _complaint(output: str) -> str:
    """What `kind` says of a failure: its line that begins with ERROR, before what its commands have printed."""
    errors = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR: ")]
    return errors[0] if errors else last_line(output)


async def _side_by_side(tasks: Sequence[Coroutine[Any, Any, Any]]) -> None:
    """Do all at once; the first failure ends the others, and is what a person is told of."""
    try:
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(task)
    except ExceptionGroup as failures:
        first = failures.exceptions[0]
    else:
        return
    raise first
