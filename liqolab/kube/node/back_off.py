"""How long a failing container waits before its next start, and a node before it contradicts somebody once more."""

from __future__ import annotations

FIRST_SECONDS = 10.0
LONGEST_SECONDS = 300.0
_FORGIVEN_AFTER_SECONDS = 600.0


class BackOff:
    """Doubles with every failure; a container that ran for ten minutes starts over.

    Args:
        free: whether the first failure costs nothing (container restarts) or not (image pulls).
    """

    def __init__(self, *, free: bool) -> None:
        self._free = free
        self._failures = 0

    def failed(self, ran_for: float = 0.0) -> float:
        """Seconds to wait after a failure of something that ran for so many seconds."""
        if ran_for >= _FORGIVEN_AFTER_SECONDS:
            self._failures = 0
        self._failures += 1
        exponent = self._failures - (2 if self._free else 1)
        return 0.0 if exponent < 0 else min(FIRST_SECONDS * 2.0**exponent, LONGEST_SECONDS)


_FIRST_CORRECTION_SECONDS = 0.1
_LONGEST_CORRECTION_SECONDS = 10.0
"""As often as a real kubelet compares what the server says with what it knows."""


class Corrections:
    """What is wrong is put right at once; what is made wrong again and again, ever more slowly.

    Without this, a node and another writer who insists (a webhook that changes what passes) would never rest.
    """

    def __init__(self) -> None:
        self._pause = 0.0
        self._last = float("-inf")

    def pause(self, now: float) -> float:
        """Seconds to wait before the next correction, which is then taken to be made; `now` is a clock's reading."""
        if now - self._last > 2 * _LONGEST_CORRECTION_SECONDS:
            self._pause = 0.0
        pause = self._pause
        self._last = now + pause
        self._pause = min(max(_FIRST_CORRECTION_SECONDS, pause * 2), _LONGEST_CORRECTION_SECONDS)
        return pause


def go_duration(seconds: float) -> str:
    """Whole seconds as Go prints a duration: ``10s``, ``1m20s``, ``5m0s``."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
