"""Schedules of cron jobs: what is understood, the words for what is not, and when the ticks come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from liqolab.apimachinery.schedules import Schedule

START = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "ticks"),
    [
        (
            "*/20 9-10 * * mon-fri",
            None,
            ["2026-11-23T09:00", "2026-11-23T09:20", "2026-11-23T09:40", "2026-11-23T10:00"],
        ),
        ("0 0 13 * 5", None, ["2026-11-27T00:00", "2026-12-04T00:00", "2026-12-11T00:00", "2026-12-13T00:00"]),
        ("0 0 */10 * FRI", None, ["2026-11-27T00:00", "2026-12-01T00:00", "2026-12-04T00:00"]),
        ("0 0 */1 * Fri", None, ["2026-11-27T00:00", "2026-12-04T00:00"]),
        ("@monthly", "Europe/Rome", ["2026-12-01T00:00", "2027-01-01T00:00"]),
        ("30 4 29 feb *", None, ["2028-02-29T04:30"]),
        ("15 10 ? * 0", None, ["2026-11-29T10:15"]),
        ("0 0 ? * 2/4", None, ["2026-11-24T00:00", "2026-11-28T00:00", "2026-12-01T00:00"]),
        ("0,30 6/8 1-3,20 jan,dec *", None, ["2026-12-01T06:00", "2026-12-01T06:30", "2026-12-01T14:00"]),
        ("0 0 30 2 *", None, []),
        ("@every 1h30m", None, ["2026-11-22T19:30", "2026-11-22T21:00"]),
        ("TZ=Europe/Rome 0 0 * * *", None, ["2026-11-23T00:00"]),
    ],
)
def test_ticks(text: str, zone: str | None, ticks: list[str]) -> None:
    found = islice(Schedule.parse(text, zone).ticks(START), max(1, len(ticks)))
    assert [tick.strftime("%Y-%m-%dT%H:%M") for tick in found] == ticks


def test_a_tick_is_after_the_moment_asked_about() -> None:
    schedule = Schedule.parse("0 * * * *")
    assert schedule.next(START) == START + timedelta(hours=1)
    assert schedule.next(START - timedelta(microseconds=1)) == START
    assert schedule.next(START + timedelta(seconds=1)) == START + timedelta(hours=1)


def test_the_latest_tick_of_a_span() -> None:
    schedule = Schedule.parse("30 4 29 feb *")
    leap = datetime(2024, 2, 29, 4, 30, tzinfo=UTC)
    assert schedule.latest(datetime(2020, 1, 1, tzinfo=UTC), START) == leap
    assert schedule.latest(leap - timedelta(seconds=1), leap) == leap
    assert schedule.latest(leap - timedelta(seconds=1), leap + timedelta(microseconds=5)) == leap
    assert schedule.latest(leap, START) is None
    assert Schedule.parse("0 0 31 4 *").latest(leap, START) is None


@pytest.mark.parametrize(
    ("text", "start", "ticks"),
    [
        ("30 2 * * *", "2026-03-28T12:00+01:00", ["2026-03-30T02:30+02:00", "2026-03-31T02:30+02:00"]),
        ("30 2 * * *", "2026-10-24T12:00+02:00", ["2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"]),
    ],
)
def test_the_nights_when_clocks_change(text: str, start: str, ticks: list[str]) -> None:
    """A time that is skipped is no tick, and one that comes twice is two, as for a CronJob in a real cluster."""
    found = islice(Schedule.parse(text, "Europe/Rome").ticks(datetime.fromisoformat(start)), len(ticks))
    assert [tick.isoformat(timespec="minutes") for tick in found] == ticks


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("0 * * * * *", "expected exactly 5 fields, found 6: [0 * * * * *]"),
        ("@never", "unrecognized descriptor: @never"),
        ("61 * * * *", "end of range (61) above maximum (59): 61"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("x * * * *", 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'),
        ("* * * foo *", 'failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax'),
        ("* * * mon *", 'failed to parse int from mon: strconv.Atoi: parsing "mon": invalid syntax'),
        ("* * L * *", 'failed to parse int from L: strconv.Atoi: parsing "L": invalid syntax'),
        ("* * * * 5#2", 'failed to parse int from 5#2: strconv.Atoi: parsing "5#2": invalid syntax'),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"),
        ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("CRON_TZ=No/Where * * * * *", "provided bad location No/Where: unknown time zone No/Where"),
        ("0 0 * * 7", "end of range (7) above maximum (6): 7"),
        ("@every 5x", 'failed to parse duration @every 5x: time: unknown unit "x" in duration "5x"'),
        ("@every 5", 'failed to parse duration @every 5: time: missing unit in duration "5"'),
        ("@every ", 'failed to parse duration @every : time: invalid duration ""'),
    ],
)
def test_schedules_that_are_none(text: str, problem: str) -> None:
    with pytest.raises(ValueError) as raised:
        Schedule.parse(text)
    assert str(raised.value) == problem


def test_a_time_zone_that_nobody_knows() -> None:
    with pytest.raises(ValueError, match="unknown time zone Europe/Atlantis"):
        Schedule.parse("* * * * *", "Europe/Atlantis")
