"""How long somebody really worked: the time between signs of life, long silences cut short."""

from __future__ import annotations

import time
from threading import Lock

IDLE_SECONDS = 180.0
"""Reading takes time without a key being touched; whoever is silent for longer has gone for coffee."""


class Clock:
    """Counts while it runs; thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen = time.monotonic()
        self._seconds = 0.0

    def touch(self) -> None:
        """A sign of life."""
        with self._lock:
            now = time.monotonic()
            self._seconds += min(now - self._seen, IDLE_SECONDS)
            self._seen = now

    def take(self) -> float:
        """The seconds since the last call; they are not counted again."""
        self.touch()
        with self._lock:
            seconds, self._seconds = self._seconds, 0.0
            return seconds

    @property
    def waiting(self) -> float:
        """What `take` would say."""
        with self._lock:
            return self._seconds + min(time.monotonic() - self._seen, IDLE_SECONDS)
