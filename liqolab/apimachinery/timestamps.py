"""Points in time as Kubernetes writes them (RFC 3339, UTC), and ages as kubectl prints them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from liqolab.apimachinery import clock

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY


@lru_cache(maxsize=1)
def _second(moment: int) -> str:
    return format_time(datetime.fromtimestamp(moment, UTC))


def now() -> str:
    """The present as ``metav1.Time``: whole seconds. Every write asks, most of them within one second."""
    return _second(int(clock.time()))


def now_micro() -> str:
    """The present as ``metav1.MicroTime`` (leases, events)."""
    return format_micro(clock.utc())


def format_time(moment: datetime) -> str:
    """`moment` (aware) as ``2026-11-22T16:02:16Z``."""
    utc = moment.astimezone(UTC)
    # %Y does not fill up years of less than four digits everywhere.
    return f"{utc.year:04d}-{utc:%m-%dT%H:%M:%SZ}"


def format_micro(moment: datetime) -> str:
    """`moment` (aware) as ``2026-11-22T16:02:16.123456Z``."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04d}-{utc:%m-%dT%H:%M:%S.%fZ}"


def parse(text: str) -> datetime:
    """The aware datetime of an RFC 3339 text.

    Raises:
        ValueError: if it is not one.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return moment


def human_duration(seconds: float) -> str:
    """A duration in kubectl's words: two units while the second one still matters, else one."""
    whole = int(seconds)
    if whole < -1:
        return "<invalid>"
    if whole < 0:
        return "0s"
    if whole < 2 * _MINUTE:
        return f"{whole}s"
    if whole < 10 * _MINUTE:
        return _two_units(whole, _MINUTE, "m", 1, "s")
    if whole < 3 * _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < 8 * _HOUR:
        return _two_units(whole, _HOUR, "h", _MINUTE, "m")
    if whole < 2 * _DAY:
        return f"{whole // _HOUR}h"
    if whole < 8 * _DAY:
        return _two_units(whole, _DAY, "d", _HOUR, "h")
    if whole < 2 * _YEAR:
        return f"{whole // _DAY}d"
    if whole < 8 * _YEAR:
        return _two_units(whole, _YEAR, "y", _DAY, "d")
    return f"{whole // _YEAR}y"


def _two_units(whole: int, big: int, big_unit: str, small: int, small_unit: str) -> str:
    rest = whole % big // small
    return f"{whole // big}{big_unit}{rest}{small_unit}" if rest else f"{whole // big}{big_unit}"
