"""Cron schedules, in the dialect and with the error texts of Kubernetes; cronsim finds the ticks.

What may be written is read here: cronsim takes more than Kubernetes (seconds, ``L``, ``#``) and less (``?``), and
people search for Kubernetes' words. cronsim is then asked with six fields of plain numbers. With a field for the
seconds it leaves out Debian's exceptions for the nights when clocks change, which Kubernetes does not know: a time that
a clock skips is no tick, one that it shows twice is two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY = "@every "
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


@dataclass(frozen=True, slots=True)
class _Field:
    """What may stand in a field: numbers from `low` to `high`, or `names` for them; open ranges end at `last`."""

    low: int
    last: int
    high: int
    names: tuple[str, ...]


_FIELDS = (
    _Field(0, 59, 59, ()),
    _Field(0, 23, 23, ()),
    _Field(1, 31, 31, ()),
    _Field(1, 12, 12, _MONTHS),
    _Field(0, 6, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a cron job is due.

    Attributes:
        expression: for cronsim.
        zone: the time zone in which the fields are read.
        every: the distance of ticks that follow one another whatever the clock shows; None for those of an expression.
    """

    expression: str
    zone: tzinfo
    every: timedelta | None = None

    @staticmethod
    def parse(text: str, zone: str | None = None) -> Schedule:
        """Understand a schedule, read in time zone `zone` (default: UTC).

        Raises:
            ValueError: it cannot be understood, or the zone is unknown.
        """
        text, zone = _zoned(text, zone)
        if text.startswith(_EVERY):
            return Schedule("", _place(zone), every=_duration(text))
        if text.startswith("@") and text not in _DESCRIPTORS:
            raise ValueError(f"unrecognized descriptor: {text}")
        texts = _DESCRIPTORS.get(text, text).split()
        if len(texts) != len(_FIELDS):
            raise ValueError(f"expected exactly 5 fields, found {len(texts)}: [{' '.join(texts)}]")
        return Schedule(" ".join(["0", *map(_plain, texts, _FIELDS)]), _place(zone))

    def ticks(self, after: datetime) -> Iterator[datetime]:
        """Every due time after `after`, in order, in that zone."""
        return self._search(after, reverse=False)

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        """The last due time after `after` and not after `until`."""
        if self.every is not None:
            steps = (until - after) // self.every
            return (after + steps * self.every).replace(microsecond=0) if steps > 0 else None
        last = next(self._search(until + timedelta(seconds=1), reverse=True), None)
        return last if last is not None and last > after else None

    def next(self, after: datetime) -> datetime | None:
        return next(self.ticks(after), None)

    def _search(self, start: datetime, *, reverse: bool) -> Iterator[datetime]:
        if self.every is not None:
            return _repeat(start.replace(microsecond=0), self.every)
        try:
            return CronSim(self.expression, start.astimezone(self.zone).replace(microsecond=0), reverse)
        except CronSimError:
            # A day that none of the months has: a schedule, but never due.
            return iter(())


def _repeat(start: datetime, distance: timedelta) -> Iterator[datetime]:
    while True:
        start += distance
        yield start


def _zoned(text: str, zone: str | None) -> tuple[str, str | None]:
    """A schedule without the time zone that may stand in front of it, and the zone."""
    if not text.startswith(("TZ=", "CRON_TZ=")):
        return text, zone
    name, _, rest = text.partition("=")[2].partition(" ")
    try:
        _place(name)
    except ValueError as error:
        raise ValueError(f"provided bad location {name}: {error}") from error
    return rest.strip(), name


def _place(zone: str | None) -> tzinfo:
    try:
        return ZoneInfo(zone) if zone else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {zone}") from error


def zone_problems(zone: str) -> list[str]:
    """Why a cron job cannot have a time zone; empty when it can."""
    if not zone:
        return ["timeZone must be nil or non-empty string"]
    problems: list[str] = []
    if zone.lower() == "local":
        problems.append("timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
    if zone == "Local":
        return problems
    try:
        _place(zone)
    except ValueError as error:
        problems.append(str(error))
    return problems


def _duration(text: str) -> timedelta:
    """The time after ``@every``, as Go writes it: ``1h30m``. Less than a second counts as one."""
    amount = text.removeprefix(_EVERY)
    problem, seconds, rest = "", 0.0, amount.lstrip("+-")
    while rest or not amount:
        match = re.match(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)([^0-9.]*)", rest)
        if match is None:
            problem = f'invalid duration "{amount}"'
        elif not match[2]:
            problem = f'missing unit in duration "{amount}"'
        elif match[2] not in _SECONDS:
            problem = f'unknown unit "{match[2]}" in duration "{amount}"'
        if match is None or problem:
            raise ValueError(f"failed to parse duration {text}: time: {problem}")
        seconds, rest = seconds + float(match[1]) * _SECONDS[match[2]], rest[match.end() :]
    return timedelta(seconds=1 if amount.startswith("-") else max(1, int(seconds)))


def _plain(text: str, field: _Field) -> str:
    """A field as the numbers that match, or as the star that it is: a day matches both of its fields if one is a star,
    else either of them.
    """
    found: set[int] = set()
    star = False
    for part in text.split(","):
        span, slash, step = part.partition("/")
        if "/" in step or span.count("-") > 1:
            raise ValueError(f"too many {'slashes' if '/' in step else 'hyphens'}: {part}")
        stride = _number(step, ()) if slash else 1
        if stride < 1:
            raise ValueError(f"step of range should be a positive number: {part}")
        if span in ("*", "?"):
            star |= stride == 1
            start, end = field.low, field.last
        else:
            left, dash, right = span.partition("-")
            start = _number(left, field.names)
            end = _number(right, field.names) if dash else (max(start, field.last) if slash else start)
            _check(part, start, end, field)
        found |= set(range(start, end + 1, stride))
    return "*" if star else ",".join(map(str, sorted(found)))


def _check(part: str, start: int, end: int, field: _Field) -> None:
    if start < field.low:
        raise ValueError(f"beginning of range ({start}) below minimum ({field.low}): {part}")
    if end > field.high:
        raise ValueError(f"end of range ({end}) above maximum ({field.high}): {part}")
    if start > end:
        raise ValueError(f"beginning of range ({start}) beyond end of range ({end}): {part}")


def _number(text: str, names: tuple[str, ...]) -> int:
    if text and text.lower() in names:
        return names.index(text.lower())
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)
