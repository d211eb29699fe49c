"""How the page says statuses and lengths of time; every status has a sign and a word, so none is colour alone."""

from __future__ import annotations

from datetime import UTC, datetime

from liqolab.report.html.markup import Html, tag
from liqolab.report.record import Status

SIGNS: dict[Status, str] = {
    "passed": "✓",
    "failed": "✕",
    "ambiguous": "≠",
    "undefined": "?",
    "pending": "…",
    "skipped": "–",
}


def badge(status: Status) -> Html:
    """Sign and word."""
    return tag("span", tag("span", SIGNS[status], class_="sign", aria_hidden="true"), status, class_=f"badge {status}")


def duration(seconds: float) -> str:
    """A length of time as people say it."""
    if seconds < 0.0005:
        return "< 1 ms"
    if seconds < 0.0095:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def moment(seconds: float) -> str:
    """A time of day with its date, in UTC: the page may be read anywhere."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %B %Y, %H:%M:%S UTC").lstrip("0")


def plural(count: int, noun: str) -> str:
    """``1 check``, ``2 checks``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
