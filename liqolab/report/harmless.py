"""What may stand in a report: no secrets, no control characters, valid text, bounded in length.

What comes from clusters and commands is made presentable when it is noted down, before it can reach a worker's pipe;
the rest of a record passes here before a format is written. Formats take a `HarmlessRun`, so none can forget it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NewType, TypeVar

from liqolab.report.record import RunRecord
from liqolab.steps.failing.harmless import LINE_LIMIT, cleaned
from liqolab.steps.failing.redaction import TEXT_LIMIT, Presentable, presentable

T = TypeVar("T")

HarmlessRun = NewType("HarmlessRun", RunRecord)
"""A record in which every text is presentable; made by `harmless_run`."""

_LIMITS: Mapping[str, int] = {
    "source": 2_000_000,
    **dict.fromkeys(("message", "text", "docstring", "description", "summary", "output", "problems"), TEXT_LIMIT),
}
"""Characters of fields that are more than names: of evidence some screenfuls, not a log archive."""


def harmless_run(record: RunRecord) -> HarmlessRun:
    """The same record with every text in it made harmless."""
    return HarmlessRun(harmless(record))


def harmless(value: T) -> T:
    """The same dataclass value with every text in it made harmless."""

    @cache
    def clean(text: str, field: str) -> Presentable:
        # A record says the same names thousands of times.
        return presentable(text, _LIMITS.get(field, LINE_LIMIT))

    return cleaned(value, clean)
