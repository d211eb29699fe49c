"""The work queue of a controller: keys, not objects; each key once; never the same key in two workers.

The semantics are client-go's: a key that is added while it is being worked on is handed out again afterwards, and
failures of a key back off exponentially without holding up other keys.
"""

from __future__ import annotations

import asyncio
from collections import deque

_FIRST_RETRY_SECONDS = 0.005
_LONGEST_RETRY_SECONDS = 30.0


class WorkQueue:
    """An unbounded, deduplicating queue of keys for one event loop."""

    def __init__(self) -> None:
        self._ready: deque[str] = deque()
        self._dirty: set[str] = set()
        self._working: set[str] = set()
        self._failures: dict[str, int] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._wakeup = asyncio.Event()

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, key: str) -> None:
        """Ask for `key` to be worked on; asking twice before that happens is asking once."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._working:
            self._ready.append(key)
            self._wakeup.set()

    def add_after(self, key: str, seconds: float) -> None:
        """Add `key` later; of several such requests the earliest counts."""
        loop = asyncio.get_running_loop()
        pending = self._timers.get(key)
        if pending is not None:
            if pending.when() <= loop.time() + seconds:
                return
            pending.cancel()
        self._timers[key] = loop.call_later(seconds, self._due, key)

    def retry(self, key: str) -> float:
        """Add `key` again after its back-off, and return that back-off in seconds."""
        seconds = self._failed(key)
        self.add_after(key, seconds)
        return seconds

    def again(self, key: str, seconds: float) -> None:
        """`key` went well and wants another look after `seconds`.

        A key that keeps asking for less than its back-off is served ever later: a reconciler that takes something that
        is over for something that is about to happen costs a look now and then, not a processor.
        """
        if seconds < _back_off(self._failures.get(key, 0)):
            seconds = self._failed(key)
        else:
            self.forget(key)
        self.add_after(key, seconds)

    def forget(self, key: str) -> None:
        """`key` went well: its next failure starts with the shortest back-off."""
        self._failures.pop(key, None)

    async def get(self) -> str:
        """The next key; it must be given back with `done`."""
        while not self._ready:
            self._wakeup.clear()
            await self._wakeup.wait()
        key = self._ready.popleft()
        self._dirty.discard(key)
        self._working.add(key)
        return key

    def done(self, key: str) -> None:
        self._working.discard(key)
        if key in self._dirty:
            self._ready.append(key)
            self._wakeup.set()

    def close(self) -> None:
        """Cancel the timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _failed(self, key: str) -> float:
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        return _back_off(failures)

    def _due(self, key: str) -> None:
        self._timers.pop(key, None)
        self.add(key)


def _back_off(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return min(_FIRST_RETRY_SECONDS * 2.0**failures, _LONGEST_RETRY_SECONDS)
