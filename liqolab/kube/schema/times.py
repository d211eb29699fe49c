"""Points in time as Go reads and writes them: ``metav1.Time`` (RFC 3339, whole seconds) and ``metav1.MicroTime`` (six
digits of a second, no more and no fewer), both in UTC.

The errors are those of Go's ``time.Parse``, which names the part of the text that does not fit and the part of the
layout that it does not fit into.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

LAYOUT: Final = "2006-01-02T15:04:05Z07:00"
MICRO_LAYOUT: Final = "2006-01-02T15:04:05.000000Z07:00"

_DAYS: Final = (
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
)
PLAIN: Final = re.compile(rf"(?!0001-01-01T00:00:00Z)[0-9]{{4}}-{_DAYS}Z")
MICRO_PLAIN: Final = re.compile(rf"(?!0001-01-01T00:00:00\.000000Z)[0-9]{{4}}-{_DAYS}\.[0-9]{{6}}Z")
"""Texts that are as they would be stored, but for a 29th of February."""

_CYCLE: Final = 400
"""Years after which the calendar repeats itself: year 0, which Python does not have, is calculated with as 400."""


class _Reader:
    """Goes through a text along a layout."""

    def __init__(self, text: str, layout: str) -> None:
        self.text = text
        self.rest = text
        self._layout = layout

    def misfit(self, rest: str, chunk: str) -> ValueError:
        return ValueError(f'parsing time "{self.text}" as "{self._layout}": cannot parse "{rest}" as "{chunk}"')

    def out_of_range(self, what: str) -> ValueError:
        return ValueError(f'parsing time "{self.text}": {what} out of range')

    def literal(self, character: str) -> None:
        if not self.rest.startswith(character):
            raise self.misfit(self.rest, character)
        self.rest = self.rest[1:]

    def digits(self, count: int, chunk: str, least: int = 0) -> int:
        """A number of `count` digits, or of `least` and more."""
        match = re.match(rf"[0-9]{{{least or count},{count}}}", self.rest)
        if match is None:
            raise self.misfit(self.rest, chunk)
        self.rest = self.rest[match.end() :]
        return int(match.group())

    def number(self, chunk: str, what: str, span: range, least: int = 0) -> int:
        value = self.digits(2, chunk, least)
        if value not in span:
            raise self.out_of_range(what)
        return value

    def fraction(self, *, micro: bool) -> int:
        """Microseconds. A text may have a fraction where the layout has none."""
        if not micro:
            match = re.match(r"[.,]([0-9]+)", self.rest)
            if match is None:
                return 0
        else:
            match = re.match(r"[.,]([0-9]{6})", self.rest)
            if match is None:
                raise self.misfit(self.rest, ".000000")
        self.rest = self.rest[match.end() :]
        return int(match[1][:6].ljust(6, "0"))

    def offset(self) -> timedelta:
        if self.rest.startswith("Z"):
            self.rest = self.rest[1:]
            return timedelta()
        match = re.match(r"([+-])([0-9]{2}):([0-9]{2})", self.rest)
        if match is None:
            raise self.misfit(self.rest, "Z07:00")
        self.rest = self.rest[match.end() :]
        hours, minutes = int(match[2]), int(match[3])
        for value, most, what in ((hours, 24, "hour"), (minutes, 60, "minute")):
            if value > most:
                raise self.out_of_range(f"time zone offset {what}")
        return timedelta(hours=hours, minutes=minutes) * (1 if match[1] == "+" else -1)


def canonical(text: str, *, micro: bool) -> str | None:
    """A time as it is stored; None for Go's zero time, the first moment of year 1, which is written as null.

    Raises:
        ValueError: it is no time; the text is Go's.
    """
    reader = _Reader(text, MICRO_LAYOUT if micro else LAYOUT)
    year = reader.digits(4, "2006")
    reader.literal("-")
    month = reader.number("01", "month", range(1, 13))
    reader.literal("-")
    day = reader.digits(2, "02")
    reader.literal("T")
    hour = reader.number("15", "hour", range(24), 1)
    reader.literal(":")
    minute = reader.number("04", "minute", range(60))
    reader.literal(":")
    second = reader.number("05", "second", range(60))
    fraction = reader.fraction(micro=micro)
    offset = reader.offset()
    if reader.rest:
        raise ValueError(f'parsing time "{text}": extra text: "{reader.rest}"')
    try:
        moment = datetime(year % _CYCLE + _CYCLE, month, day, hour, minute, second, fraction) - offset
    except ValueError:
        raise reader.out_of_range("day") from None
    year += moment.year - (year % _CYCLE + _CYCLE)
    if (year, moment.timetuple()[1:6], fraction) == (1, (1, 1, 0, 0, 0), 0):
        return None
    shown = f"{year:04d}-{moment:%m-%dT%H:%M:%S}"
    return f"{shown}.{moment.microsecond:06d}Z" if micro else f"{shown}Z"
