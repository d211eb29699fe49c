"""Cron schedules: five fields, names, ranges, steps, lists, and the usual ``@`` abbreviations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_ABBREVIATIONS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_HORIZON_DAYS = 366 * 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a cron job is due.

    Attributes:
        minutes, hours, days, months, weekdays: the values that match; weekdays count from Sunday, 0.
        any_day, any_weekday: whether that field was ``*``: if both fields are restricted, either may match.
        zone: the time zone in which the fields are read.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool
    zone: ZoneInfo

    @staticmethod
    def parse(text: str, zone: str | None = None) -> Schedule:
        """Understand a schedule, read in time zone `zone` (default: UTC).

        Raises:
            ValueError: it cannot be understood, or the zone is unknown.
        """
        fields = _ABBREVIATIONS.get(text.strip(), text).split()
        if len(fields) != 5:
            raise ValueError(f"expected exactly 5 fields, found {len(fields)}: [{text}]")
        try:
            place = ZoneInfo(zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"unknown time zone {zone}") from error
        minutes, hours, days, months, weekdays = fields
        return Schedule(
            _values(minutes, 0, 59),
            _values(hours, 0, 23),
            _values(days, 1, 31),
            _values(months, 1, 12, _MONTHS, 1),
            frozenset(day % 7 for day in _values(weekdays, 0, 7, _DAYS)),
            days[0] in "*?",
            weekdays[0] in "*?",
            place,
        )

    def ticks(self, after: datetime) -> Iterator[datetime]:
        """Every due time after `after`, in order, in that zone; ends where none comes within five years."""
        start = (after.astimezone(self.zone) + timedelta(minutes=1)).replace(second=0, microsecond=0)
        day = start.replace(hour=0, minute=0)
        for _ in range(_HORIZON_DAYS):
            if self._on(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        tick = day.replace(hour=hour, minute=minute)
                        if tick >= start:
                            yield tick
            day = (day + timedelta(days=1)).replace(hour=0, minute=0)

    def latest(self, after: datetime, until: datetime) -> datetime | None:
        """The last due time after `after` and not after `until`, searched from the end: years may lie between."""
        window = timedelta(hours=1)
        while True:
            start = max(after, until - window)
            due = list(takewhile(lambda tick: tick <= until, self.ticks(start)))
            if due or start == after:
                return due[-1] if due else None
            window *= 4

    def next(self, after: datetime) -> datetime | None:
        return next(self.ticks(after), None)

    def _on(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (by_day and by_weekday) if self.any_day or self.any_weekday else (by_day or by_weekday)


def _values(field: str, low: int, high: int, names: tuple[str, ...] = (), first: int = 0) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span in ("*", "?"):
            start, end = low, high
        else:
            left, dash, right = span.partition("-")
            start = _number(left, names, first)
            end = _number(right, names, first) if dash else (high if step else start)
        stride = _number(step, (), 0) if step else 1
        if not (low <= start <= end <= high) or stride < 1:
            raise ValueError(f"{part} is not within {low}-{high}: [{field}]")
        found |= set(range(start, end + 1, stride))
    return frozenset(found)


def _number(text: str, names: tuple[str, ...], first: int) -> int:
    if text.isdigit():
        return int(text)
    if text.lower() in names:
        return names.index(text.lower()) + first
    raise ValueError(f"failed to parse int from {text}")
