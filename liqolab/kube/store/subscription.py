"""One reader of changes: a bounded queue between the writer, who never waits, and a watch, which may be slow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from liqolab.kube.store.record import Change

QUEUE_LIMIT = 10_000


class Subscription:
    """Changes of one collection in commit order, each once.

    A reader that falls `QUEUE_LIMIT` changes behind is cut off: `overflowed` becomes true and nothing more arrives.
    """

    def __init__(
        self, collection: str, namespace: str, backlog: Iterable[Change], leave: Callable[[Subscription], None]
    ) -> None:
        self.collection = collection
        self.namespace = namespace
        self.overflowed = False
        self.closed = False
        self._queue: deque[Change] = deque(backlog)
        self._leave = leave
        self._waiter: asyncio.Future[None] | None = None

    def offer(self, change: Change) -> None:
        """Called by the store for every change of the collection; never blocks."""
        if self.namespace and change.record.key[0] != self.namespace:
            return
        if len(self._queue) >= QUEUE_LIMIT:
            self.overflowed = True
            self._queue.clear()
            self.close()
            return
        self._queue.append(change)
        self._wake()

    async def batch(self) -> list[Change]:
        """Everything that has happened since the last call; waits until there is something.

        Returns:
            The changes, or an empty list once the subscription is closed and everything before that was handed out.
        """
        while not self._queue and not self.closed:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        changes = list(self._queue)
        self._queue.clear()
        return changes

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Stop receiving and let the reader's `batch` return."""
        if not self.closed:
            self.closed = True
            self._leave(self)
            self._wake()
