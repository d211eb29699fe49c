"""Keeps the world, how the clusters are, current, and answers what is asked about their objects.

The atlas lives in a thread with an event loop of its own: however much the clusters have to tell, and however long one
of them takes to answer, keys and drawing do not wait for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from liqolab.atlas.world import World
from liqolab_tui.engine.contracts import Atlas, AtlasMaker
from liqolab_tui.engine.outlet import Outlet
from liqolab_tui.messages import WorldChanged

if TYPE_CHECKING:
    from liqolab.atlas.deviation import Deviation

Answer = TypeVar("Answer")

_QUEUED = 1000
_SLOWEST_END = 3.0


class ClusterController:
    """Owns the atlas of this session."""

    def __init__(
        self,
        kubeconfigs: Callable[[], Mapping[str, Path]],
        outlet: Outlet,
        make: AtlasMaker | None = None,
    ) -> None:
        """`make` makes the atlas; without it, the real one is imported when it is needed."""
        self.world = World()
        self.goal: World | None = None
        self.deviations: tuple[Deviation, ...] = ()
        self._kubeconfigs = kubeconfigs
        self._outlet = outlet
        self._make = make
        self._atlas: Atlas | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._goal_of: tuple[str, str] | None = None
        self._aimed = False
        self._thread = threading.Thread(target=self._live, name="clusters", daemon=True)

    def start(self) -> None:
        """Begin to watch, if it has not begun."""
        if self._thread.ident is None:
            self._thread.start()

    def aim(self, lesson: str, step: str) -> None:
        """Compare with the goal of this step from now on."""
        self._goal_of, self._aimed = (lesson, step), False
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._tell)

    async def ask(self, question: Callable[[Atlas], Coroutine[Any, Any, Answer]]) -> Answer:
        """The answer of the atlas to one question, awaited in the interface's loop.

        Raises:
            AtlasError: it cannot be shown; the error says why.
        """
        atlas, loop = await self._there()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(question(atlas), loop))

    async def stream(self, question: Callable[[Atlas], AsyncIterator[Answer]]) -> AsyncIterator[Answer]:
        """The answers of the atlas to one question, as they come; closing the iterator ends the question."""
        atlas, loop = await self._there()
        here = asyncio.get_running_loop()
        queue: asyncio.Queue[Answer | BaseException | None] = asyncio.Queue()

        def hand_over(item: Answer | BaseException | None) -> None:
            if queue.qsize() >= _QUEUED:
                queue.get_nowait()
            queue.put_nowait(item)

        async def pump() -> None:
            try:
                async for item in question(atlas):
                    here.call_soon_threadsafe(hand_over, item)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # whatever it is, it belongs to whoever asked
                here.call_soon_threadsafe(hand_over, error)
            else:
                here.call_soon_threadsafe(hand_over, None)

        pumping = asyncio.run_coroutine_threadsafe(pump(), loop)
        try:
            while (item := await queue.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            pumping.cancel()

    def close(self) -> None:
        """End the watches and the thread."""
        if self._loop is not None and self._main is not None:
            self._loop.call_soon_threadsafe(self._main.cancel)
        if self._thread.is_alive():
            self._thread.join(_SLOWEST_END)

    async def _there(self) -> tuple[Atlas, asyncio.AbstractEventLoop]:
        if not self._ready.is_set():
            await asyncio.to_thread(self._ready.wait)
        if self._atlas is None or self._loop is None:
            raise RuntimeError("the clusters are not watched any more")
        return self._atlas, self._loop

    def _live(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._main = asyncio.create_task(self._watch())
            await asyncio.wait([self._main])
            if not self._main.cancelled() and (error := self._main.exception()) is not None:
                self._outlet.post(self._outlet.fault(error, "tui.fault.watch"))

        try:
            asyncio.run(main())
        finally:
            self._atlas, self._loop = None, None
            self._ready.set()

    async def _watch(self) -> None:
        if self._make is None:
            from liqolab.atlas.live import Atlas

            self._make = Atlas
        async with self._make(self._kubeconfigs) as atlas:
            self._atlas = atlas
            self._ready.set()
            async for world in atlas.changes():
                self.world = world
                self._tell()

    def _tell(self) -> None:
        from liqolab.atlas.goal import compare, load_goal

        if not self._aimed and self._goal_of is not None:
            self.goal, self._aimed = load_goal(*self._goal_of), True
        self.deviations = compare(self.goal, self.world) if self.goal is not None else ()
        self._outlet.post(WorldChanged(self.world, self.goal, self.deviations))
