"""Points in time as a real server reads and writes them; the answers were seen at a control plane 1.34.4."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from liqolab.apimachinery import timestamps
from liqolab.kube.schema.times import MICRO_PLAIN, PLAIN, canonical

DAY = "2026-01-02"
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@pytest.mark.parametrize(
    ("text", "whole", "micro"),
    [
        ("0001-01-01T00:00:00.000000Z", None, None),
        (f"{DAY}T03:04:05.123456+02:00", f"{DAY}T01:04:05Z", f"{DAY}T01:04:05.123456Z"),
        (f"{DAY}T03:04:05.123456-23:59", "2026-01-03T03:03:05Z", "2026-01-03T03:03:05.123456Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z"),
        ("0001-01-01T00:00:00.000001+01:00", "0000-12-31T23:00:00Z", "0000-12-31T23:00:00.000001Z"),
        ("2024-02-29T00:00:00.000000Z", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"),
    ],
)
def test_times_are_kept_in_utc(text: str, whole: str | None, micro: str | None) -> None:
    assert (canonical(text, micro=False), canonical(text, micro=True)) == (whole, micro)


@pytest.mark.parametrize(
    ("text", "whole", "micro"),
    [
        (f"{DAY}T03:04:05Z", "", 'cannot parse "Z" as ".000000"'),
        (f"{DAY}T03:04:05.6Z", "", 'cannot parse ".6Z" as ".000000"'),
        (f"{DAY}T03:04:05.123456789Z", "", 'cannot parse "789Z" as "Z07:00"'),
        (f"{DAY}T03:04:05,5Z", "", 'cannot parse ",5Z" as ".000000"'),
        (f"{DAY}T03:04:05+24:00", "", 'cannot parse "+24:00" as ".000000"'),
        (f"{DAY}t03:04:05z", 'cannot parse "t03:04:05z" as "T"', 'cannot parse "t03:04:05z" as "T"'),
        (f"{DAY}T03:04:05", 'cannot parse "" as "Z07:00"', 'cannot parse "" as ".000000"'),
        ("2026-13-02T03:04:05Z", "month out of range", "month out of range"),
        ("2026-02-30T03:04:05Z", "day out of range", 'cannot parse "Z" as ".000000"'),
        (f"{DAY}T25:04:05Z", "hour out of range", "hour out of range"),
        (f"{DAY}T03:04:60Z", "second out of range", "second out of range"),
        ("", 'cannot parse "" as "2006"', 'cannot parse "" as "2006"'),
        ("10000-01-01T00:00:00Z", 'cannot parse "0-01-01T00:00:00Z" as "-"', 'cannot parse "0-01-01T00:00:00Z" as "-"'),
        ("2026-1-2T03:04:05Z", 'cannot parse "1-2T03:04:05Z" as "01"', 'cannot parse "1-2T03:04:05Z" as "01"'),
    ],
)
def test_what_is_no_time_is_told_in_go_s_words(text: str, whole: str, micro: str) -> None:
    for expected, exact in ((whole, False), (micro, True)):
        if expected:
            with pytest.raises(ValueError, match=re.escape(expected)):
                canonical(text, micro=exact)
        else:
            assert canonical(text, micro=exact)


@pytest.mark.parametrize("month", range(1, 13))
def test_what_is_written_already_as_it_is_kept_is_seen_at_once(month: int) -> None:
    for day in range(1, 32):
        text = f"2026-{month:02d}-{day:02d}T23:59:59"
        plain = PLAIN.fullmatch(f"{text}Z") is not None
        assert plain is (MICRO_PLAIN.fullmatch(f"{text}.000001Z") is not None)
        assert plain is (day <= DAYS[month - 1])


def test_years_have_four_digits() -> None:
    moment = datetime(1, 1, 1, tzinfo=UTC)
    assert timestamps.format_time(moment) == "0001-01-01T00:00:00Z"
    assert timestamps.format_micro(moment) == "0001-01-01T00:00:00.000000Z"
