"""Moments and spans of time."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from liqolab.kube.cel.errors import EvaluationError
from liqolab.kube.cel.functions import declare
from liqolab.kube.cel.values import NANOS, Duration, Timestamp, whole

_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))")
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": NANOS, "m": 60 * NANOS, "h": 3600 * NANOS}
_PART = re.compile(r"(\d++\.?\d*+|\.\d++)(ns|us|µs|μs|ms|s|m|h)")
_MOST_FRACTION = 18
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_timestamp(text: str) -> Timestamp:
    """RFC 3339.

    Raises:
        EvaluationError: it is none.
    """
    match = _MOMENT.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}+00:00")
    except ValueError:
        raise EvaluationError("type conversion error from 'string' to 'google.protobuf.Timestamp'") from None
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    if match[4]:
        shift = int(match[5]) * 3600 + int(match[6]) * 60
        seconds -= shift if match[4] == "+" else -shift
    return Timestamp.checked(seconds * NANOS + int((match[3] or "").ljust(9, "0")))


def parse_duration(text: str) -> Duration:
    """Go's notation: ``1h30m``.

    Raises:
        EvaluationError: it is none.
    """
    body = text[1:] if text[:1] in ("+", "-") else text
    total, end = 0, 0
    if body != "0":
        for match in _PART.finditer(body):
            if match.start() != end:
                break
            seconds, _, fraction = match[1].partition(".")
            unit = _UNITS[match[2]]
            fraction = fraction[:_MOST_FRACTION]
            total += whole(seconds or "0") * unit + (int(fraction) * unit // 10 ** len(fraction) if fraction else 0)
            end = match.end()
        if end != len(body) or not body:
            raise EvaluationError("type conversion error from 'string' to 'google.protobuf.Duration'")
    return Duration.checked(-total if text[:1] == "-" else total)


def from_json(text: str, kind: str) -> Any:
    """What a text of a schema's format denotes; the text itself where it does not fit, which validation reports."""
    try:
        if kind == "duration":
            return parse_duration(text)
        if kind == "bytes":
            return base64.b64decode(text, validate=True)
        return parse_timestamp(text if "T" in text.upper() else f"{text}T00:00:00Z")
    except (EvaluationError, binascii.Error):
        return text


@declare("timestamp(timestamp) -> timestamp", "timestamp(int) -> timestamp", "timestamp(string) -> timestamp")
def to_timestamp(value: Any) -> Timestamp:
    if isinstance(value, Timestamp):
        return value
    return parse_timestamp(value) if isinstance(value, str) else Timestamp.checked(value * NANOS)


@declare("duration(duration) -> duration", "duration(int) -> duration", "duration(string) -> duration")
def to_duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    return parse_duration(value) if isinstance(value, str) else Duration.checked(value)


def _zone(name: str) -> tzinfo:
    """A place, or an offset such as ``+02:00``."""
    if not name or name == "UTC":
        return UTC
    match = re.fullmatch(r"([+-]?)(\d{1,2}):(\d\d)", name)
    if match:
        offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-offset if match[1] == "-" else offset)
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise EvaluationError(f"unknown time zone {name}") from None


_PARTS = {
    "getFullYear": lambda moment: moment.year,
    "getMonth": lambda moment: moment.month - 1,
    "getDayOfYear": lambda moment: moment.timetuple().tm_yday - 1,
    "getDayOfMonth": lambda moment: moment.day - 1,
    "getDate": lambda moment: moment.day,
    "getDayOfWeek": lambda moment: moment.isoweekday() % 7,
    "getHours": lambda moment: moment.hour,
    "getMinutes": lambda moment: moment.minute,
    "getSeconds": lambda moment: moment.second,
    "getMilliseconds": lambda moment: moment.microsecond // 1000,
}
_SPANS = {"getHours": 3600 * NANOS, "getMinutes": 60 * NANOS, "getSeconds": NANOS}


def _declare_parts() -> None:
    for name, part in _PARTS.items():

        def read(value: Timestamp, zone: str = "", part: Any = part) -> int:
            return int(part(value.moment().astimezone(_zone(zone))))

        declare(f"timestamp:{name}() -> int", f"timestamp:{name}(string) -> int")(read)
    for name, unit in _SPANS.items():

        def whole(value: Duration, unit: int = unit) -> int:
            return abs(value.nanos) // unit * (-1 if value.nanos < 0 else 1)

        declare(f"duration:{name}() -> int")(whole)
    declare("duration:getMilliseconds() -> int")(lambda value: abs(value.nanos) % NANOS // 10**6)


_declare_parts()
