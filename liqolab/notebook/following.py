"""Follows the clusters from a thread with an event loop of its own, so that no cell waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Thread

from liqolab.atlas.live import Atlas
from liqolab.atlas.world import World

_FIRST_SECONDS = 10.0
_END_SECONDS = 5.0


class Follower:
    """Tells how the clusters are, now and after every change, until it is closed."""

    def __init__(self, kubeconfigs: Callable[[], Mapping[str, Path]], changed: Callable[[World], None]) -> None:
        """`changed` is called in the follower's thread."""
        self.world = World()
        self._kubeconfigs = kubeconfigs
        self._changed = changed
        self._seen = Event()
        self._loop = asyncio.new_event_loop()
        self._following = self._loop.create_task(self._follow())
        self._thread = Thread(target=self._live, name="picture", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until something is known of every cluster; not for long, since one may not answer."""
        self._seen.wait(_FIRST_SECONDS)

    def close(self) -> None:
        """End the watches and the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._following.cancel)
            self._thread.join(_END_SECONDS)

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(asyncio.wait([self._following]))
        finally:
            self._seen.set()
            self._loop.close()

    async def _follow(self) -> None:
        async with Atlas(self._kubeconfigs) as atlas:
            async for world in atlas.changes():
                self.world = world
                self._changed(world)
                if self._all_known():
                    self._seen.set()

    def _all_known(self) -> bool:
        """Whether the world has every cluster: the first one has none yet, and a picture of it would lie."""
        try:
            there = {name for name, path in self._kubeconfigs().items() if path.exists()}
        except OSError:
            # The playground is being made or taken down; the next world will tell.
            return False
        return there <= {view.name for view in self.world.clusters}
