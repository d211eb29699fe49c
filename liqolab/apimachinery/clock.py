"""What time it is in this cluster: the machine's, unless somebody has made the cluster's clock wrong on purpose.

Whatever of a cluster writes, signs or judges points in time asks here, so that one clock can jump and those of other
clusters stay. Intervals are measured by `time.monotonic`, which does not jump, as on any machine. TLS has the machine's
clock: a certificate that has expired by the cluster's is refused by whoever reads it, and not by the handshake.
"""

from __future__ import annotations

import time as machine
from datetime import UTC, datetime, timedelta

_ahead = 0.0


def set_ahead(seconds: float) -> None:
    """Have the clock of this process go that much before the machine's; behind it, if negative."""
    global _ahead
    _ahead = seconds


def time() -> float:
    """Seconds since the epoch."""
    return machine.time() + _ahead


def utc() -> datetime:
    """The same as a date, aware of its zone."""
    return datetime.now(UTC) + timedelta(seconds=_ahead)
