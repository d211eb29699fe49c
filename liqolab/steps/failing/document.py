"""A failure as JSON, and a failure that can do no harm: redacted, printable, bounded.

What a failure holds comes from clusters and commands: a log line may carry a token or take over a terminal, an expected
document may be a YAML of aliases that unfolds to billions of nodes. Every report begins with `harmless`, so that none
has to think of it again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import Any

from liqolab.steps.failing.failure import Difference, EventLine, Failure, LogTail, Moment, Target
from liqolab.steps.failing.redaction import REDACTED, TEXT_LIMIT, presentable

LINE_LIMIT = 1_000
"""How many characters of a sentence, a value or a line of a log are shown."""

_MOST_ENTRIES = 200
"""How many events, differences, moments and lines are kept."""

_MOST_NODES = 2_000
_MOST_DEPTH = 40

_SECRET_FIELDS = ("data", "stringData")
_SECRET_PATHS = tuple(f".{name}" for name in _SECRET_FIELDS)

Clean = Callable[[str, int], str]


def harmless(failure: Failure, secrets: Iterable[str] = ()) -> Failure:
    """A copy in which every text is redacted, printable and bounded, and the documents are finite trees of JSON.

    Args:
        failure: anything that a check could say.
        secrets: values that must not be shown wherever they occur.
    """
    known = tuple(secrets)

    def clean(text: str, limit: int = LINE_LIMIT) -> str:
        return presentable(str(text), limit, known)

    is_secret = failure.target is not None and failure.target.kind.lower() in ("secret", "secrets")
    return Failure(
        summary=clean(failure.summary, TEXT_LIMIT),
        target=_clean_target(failure.target, clean),
        timing=clean(failure.timing),
        differences=[_clean_difference(row, clean, is_secret) for row in failure.differences[:_MOST_ENTRIES]],
        expected=_Copier(clean, is_secret).tree(failure.expected),
        actual=_Copier(clean, is_secret).tree(failure.actual),
        nearest=clean(failure.nearest),
        timeline=[Moment(float(row.seconds), clean(row.text)) for row in _ends(failure.timeline)],
        output=None if failure.output is None else clean(failure.output, TEXT_LIMIT),
        code=failure.code,
        events=[_clean_event(row, clean) for row in failure.events[-_MOST_ENTRIES:]],
        logs=[_clean_log(row, clean) for row in failure.logs[:_MOST_ENTRIES]],
        causes=[clean(text) for text in failure.causes[:_MOST_ENTRIES]],
        command=clean(failure.command),
        sentence=clean(failure.sentence),
        location=clean(failure.location),
    )


def to_document(failure: Failure) -> dict[str, Any]:
    """The failure as JSON, made harmless."""
    document = asdict(harmless(failure))
    for log in document["logs"]:
        log["lines"] = list(log["lines"])
    return document


def from_document(document: dict[str, Any]) -> Failure:
    """What `to_document` made.

    Raises:
        TypeError: the document is of another form.
    """
    target = document.get("target")
    return Failure(
        **{
            **document,
            "target": Target(**target) if target else None,
            "differences": [Difference(**row) for row in document.get("differences", ())],
            "timeline": [Moment(**row) for row in document.get("timeline", ())],
            "events": [EventLine(**row) for row in document.get("events", ())],
            "logs": [LogTail(**{**row, "lines": tuple(row["lines"])}) for row in document.get("logs", ())],
        }
    )


def _ends(moments: list[Moment]) -> list[Moment]:
    """The beginning and the end of a long timeline."""
    half = _MOST_ENTRIES // 2
    return moments if len(moments) <= _MOST_ENTRIES else [*moments[:half], *moments[-half:]]


def _clean_target(target: Target | None, clean: Callable[[str], str]) -> Target | None:
    if target is None:
        return None
    return replace(
        target,
        cluster=clean(target.cluster),
        kind=clean(target.kind),
        name=clean(target.name),
        namespace=None if target.namespace is None else clean(target.namespace),
        labels=clean(target.labels),
    )


def _clean_event(event: EventLine, clean: Callable[[str], str]) -> EventLine:
    return replace(
        event,
        cluster=clean(event.cluster),
        object=clean(event.object),
        type=clean(event.type),
        reason=clean(event.reason),
        message=clean(event.message),
    )


def _clean_log(log: LogTail, clean: Callable[[str], str]) -> LogTail:
    lines = tuple(clean(line) for line in log.lines[-_MOST_ENTRIES:])
    return LogTail(clean(log.cluster), clean(log.pod), clean(log.container), lines)


def _clean_difference(row: Difference, clean: Callable[[str], str], is_secret: bool) -> Difference:
    if is_secret and row.path.startswith(_SECRET_PATHS):
        return Difference(clean(row.path), REDACTED, REDACTED)
    return Difference(clean(row.path), clean(row.expected), clean(row.actual))


class _Copier:
    """Copies a document as a finite tree of JSON values; the data of Secrets is masked by its place."""

    def __init__(self, clean: Callable[[str], str], is_secret: bool) -> None:
        self._clean = clean
        self._is_secret = is_secret
        self._left = _MOST_NODES

    def tree(self, document: Any) -> Any:
        return self._copy(document, 0, False, self._is_secret)

    def _copy(self, part: Any, depth: int, masked: bool, is_secret: bool = False) -> Any:
        self._left -= 1
        if self._left < 0 or depth > _MOST_DEPTH:
            return "…"
        if isinstance(part, dict):
            return self._map(part, depth, masked, is_secret or part.get("kind") == "Secret")
        if isinstance(part, list | tuple):
            return self._list(part, depth, masked)
        return REDACTED if masked and part is not None else self._scalar(part)

    def _map(self, part: dict[Any, Any], depth: int, masked: bool, is_secret: bool) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        for key, each in part.items():
            if self._left < 0:
                rows["…"] = f"{len(part) - len(rows)} more"
                break
            within = masked or (is_secret and key in _SECRET_FIELDS)
            rows[self._clean(str(key))] = self._copy(each, depth + 1, within)
        return rows

    def _list(self, part: list[Any] | tuple[Any, ...], depth: int, masked: bool) -> list[Any]:
        rows: list[Any] = []
        for each in part:
            if self._left < 0:
                rows.append(f"… ({len(part) - len(rows)} more)")
                break
            rows.append(self._copy(each, depth + 1, masked))
        return rows

    def _scalar(self, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            # Beyond 64 bits few readers of JSON agree, and Python refuses to print thousands of digits in decimal.
            return value if abs(value) < 2**63 else self._clean(f"{value:#x}")
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        return self._clean(repr(value) if isinstance(value, bytes) else str(value))
