"""The world kept current by watches, for whoever shows it on a screen.

An `Atlas` follows the clusters that `kubeconfigs` names. It looks at those files twice a second: a few stat calls,
which work on every file system, where a watch would have to cope with folders that do not exist yet; and at once when
told to (`refresh`) or when a cluster stops answering. Clusters may appear, die, come back at another address and
vanish; nothing of that raises, it is shown.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from liqolab.atlas.explorer import Explorer
from liqolab.atlas.explorer_model import AtlasError, Choices
from liqolab.atlas.identities import identities
from liqolab.atlas.reasons import choices, reasons
from liqolab.atlas.watch import ClusterWatch
from liqolab.atlas.world import ClusterView, World
from liqolab.steps.failing.failure import Target

_LOOK_SECONDS: Final = 0.5
_FRAME_SECONDS: Final = 0.05
"""Changes that come faster than this are shown together."""


@dataclass(slots=True)
class _Followed:
    """A cluster and what belongs to it as long as its kubeconfig stays the same."""

    watch: ClusterWatch
    stamp: tuple[int, ...]
    task: asyncio.Task[None]
    explorer: Explorer


class Atlas:
    """All clusters of a playground, live; an asynchronous context manager, used by one event loop."""

    def __init__(self, kubeconfigs: Callable[[], Mapping[str, Path]]) -> None:
        """`kubeconfigs` names the clusters and their kubeconfigs; asked again and again, so it must be quick. A file
        that does not exist means that there is no such cluster (yet).
        """
        self._kubeconfigs = kubeconfigs
        self._followed: dict[str, _Followed] = {}
        self._looking: asyncio.Task[None] | None = None
        self._look_now = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[asyncio.Event] = set()
        self._left = False
        self._stale = True
        self._world = World()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        await self._look()
        self._looking = asyncio.create_task(self._keep_looking())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        self._loop = None
        self._left = True
        self._touch()
        left, self._followed = list(self._followed.values()), {}
        await asyncio.gather(*map(_leave, left))

    @property
    def world(self) -> World:
        """The latest world. Clusters of which nothing is known yet are not in it."""
        if self._stale:
            self._stale = False
            watches = [followed.watch for followed in self._followed.values()]
            known = identities({watch.name: watch.identity() for watch in watches})
            views = (watch.view(known) for watch in watches)
            self._world = World(tuple(view for view in views if view is not None))
        return self._world

    async def changes(self) -> AsyncIterator[World]:
        """The world now, and again after every change, at most twenty times a second, until the atlas is left."""
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        told.set()
        self._listeners.add(told)
        last: World | None = None
        next_at = 0.0
        try:
            while True:
                await told.wait()
                await asyncio.sleep(max(0.0, next_at - loop.time()))
                told.clear()
                if self._left:
                    return
                if self.world != last:
                    last, next_at = self.world, loop.time() + _FRAME_SECONDS
                    yield last
        finally:
            self._listeners.discard(told)

    def refresh(self) -> None:
        """Look at the kubeconfigs now; may be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._look_now.set)

    def explorer(self, cluster: str) -> Explorer:
        """Answers what is asked about one cluster's objects.

        Raises:
            AtlasError: there is no such cluster.
        """
        if cluster not in self._followed:
            known = ", ".join(self._followed) or "none"
            what = f'nothing can be shown of cluster "{cluster}"'
            raise AtlasError(what, "there is no such cluster", f"known: {known}")
        return self._followed[cluster].explorer

    async def why(self, cluster: str, kind: str, name: str, namespace: str | None = None) -> list[str]:
        """Why an object is as it is, from what is seen to its root; empty when nothing known is wrong.

        The cause may be in another cluster than what it shows in, so no single explorer can tell.

        Raises:
            AtlasError: the diagnosis failed.
        """
        return await reasons(self._paths(), Target(cluster, kind, name, namespace))

    async def choices(self, cluster: str, pod: str, namespace: str) -> Choices | None:
        """Where a pod may run: each node, what the pod requires of it, and what the namespace allows; None for no pod.

        Raises:
            AtlasError: the diagnosis failed.
        """
        return await choices(self._paths(), Target(cluster, "pod", pod, namespace))

    def _paths(self) -> dict[str, Path]:
        return {name: followed.watch.kubeconfig for name, followed in self._followed.items()}

    async def _keep_looking(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._look_now.wait()
            self._look_now.clear()
            await self._look()

    async def _look(self) -> None:
        """Follow the clusters whose kubeconfigs are there, and no others."""
        try:
            wanted = dict(self._kubeconfigs())
        except OSError:
            # Somebody is taking the playground down or making it; the next look will tell.
            return
        stamps = {name: stamp for name, path in wanted.items() if (stamp := _stamp(path))}
        seen = {view.name: view for view in self.world.clusters}
        changed = [name for name, followed in self._followed.items() if stamps.get(name) != followed.stamp]
        left = [self._followed.pop(name) for name in changed]
        for name, stamp in stamps.items():
            if name not in self._followed:
                self._follow(name, wanted[name], stamp, seen.get(name))
        # The order in which they were declared.
        order = [name for name in wanted if name in self._followed]
        if left or order != list(self._followed):
            self._followed = {name: self._followed[name] for name in order}
            self._touch()
        await asyncio.gather(*map(_leave, left))

    def _follow(self, name: str, path: Path, stamp: tuple[int, ...], seen: ClusterView | None) -> None:
        watch = ClusterWatch(name, path, self._touch, self._look_now.set, seen)
        task = asyncio.create_task(watch.run(), name=f"atlas of {name}")
        self._followed[name] = _Followed(watch, stamp, task, Explorer(name, path))

    def _touch(self) -> None:
        self._stale = True
        for told in self._listeners:
            told.set()


async def _leave(followed: _Followed) -> None:
    followed.task.cancel()
    await asyncio.gather(followed.task, return_exceptions=True)
    await followed.explorer.close()


def _stamp(path: Path) -> tuple[int, ...]:
    """Changes whenever the file does; empty when there is none."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns
