"""A failure that can do no harm: redacted, printable, bounded.

What a failure holds comes from clusters and commands: a log line may carry a token or take over a terminal, an expected
document may be a YAML of aliases that unfolds to billions of nodes. `harmless` is the only maker of a
`HarmlessFailure`, which is what texts and reports are made of, so that none has to think of it again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from liqolab.steps.failing.failure import Difference, Failure, LogTail, Moment
from liqolab.steps.failing.redaction import REDACTED, TEXT_LIMIT, presentable

T = TypeVar("T")

LINE_LIMIT = 1_000
"""How many characters of a sentence, a value or a line of a log are shown."""

_LIMITS = {"summary": TEXT_LIMIT, "output": TEXT_LIMIT}
"""Fields that are more than a line."""

_MOST_ENTRIES = 200
"""How many events, differences, moments and lines are kept."""

_MOST_NODES = 2_000
_MOST_DEPTH = 40

_SECRET_FIELDS = ("data", "stringData")
_SECRET_PATHS = tuple(f".{name}" for name in _SECRET_FIELDS)

Clean = Callable[[str, str], str]
"""Makes a text harmless that stands in a field of that name."""


class HarmlessFailure(Failure):
    """A failure that may be shown and sent: every text in it is presentable, every document a finite tree of JSON."""

    __slots__ = ()


def harmless(failure: Failure, secrets: Iterable[str] = ()) -> HarmlessFailure:
    """A copy that may be shown; one that may be shown already stays as it is.

    Args:
        failure: anything that a check could say.
        secrets: values that must not be shown wherever they occur.
    """
    known = frozenset(secrets)
    if isinstance(failure, HarmlessFailure) and not known:
        return failure

    def clean(text: str, field: str) -> str:
        return presentable(text, _LIMITS.get(field, LINE_LIMIT), known)

    def plain(text: str) -> str:
        # YAML writes texts of no kind but Python's own.
        return str(clean(text, ""))

    is_secret = failure.target is not None and failure.target.kind.lower() in ("secret", "secrets")
    kept = {entry.name: getattr(failure, entry.name) for entry in fields(failure)} | {
        "differences": [_without_value(row, is_secret) for row in failure.differences[:_MOST_ENTRIES]],
        "timeline": _ends(failure.timeline),
        "events": failure.events[-_MOST_ENTRIES:],
        "logs": [
            LogTail(log.cluster, log.pod, log.container, log.lines[-_MOST_ENTRIES:])
            for log in failure.logs[:_MOST_ENTRIES]
        ],
        "causes": failure.causes[:_MOST_ENTRIES],
    }
    documents = {name: _Copier(plain, is_secret).tree(kept.pop(name)) for name in ("expected", "actual")}
    return HarmlessFailure(**{name: cleaned(value, clean, name) for name, value in kept.items()}, **documents)


def cleaned(value: T, clean: Clean, field: str = "") -> T:
    """The same plain value, whatever dataclasses and lists it is made of, with every text in it cleaned."""
    found: Any = value
    if isinstance(found, str):
        found = clean(found, field)
    elif isinstance(found, Failure):
        # A failure knows better than its texts what in it is a secret, and how large it may be.
        found = harmless(found)
    elif is_dataclass(found) and not isinstance(found, type):
        found = type(found)(
            **{entry.name: cleaned(getattr(found, entry.name), clean, entry.name) for entry in fields(found)}
        )
    elif isinstance(found, (list, tuple)):
        found = type(found)(cleaned(entry, clean, field) for entry in found)
    elif isinstance(found, dict):
        found = {clean(key, ""): cleaned(entry, clean, key) for key, entry in found.items()}
    return found  # type: ignore[no-any-return]  # a value is rebuilt as what it was


def _ends(moments: list[Moment]) -> list[Moment]:
    """The beginning and the end of a long timeline."""
    half = _MOST_ENTRIES // 2
    return moments if len(moments) <= _MOST_ENTRIES else [*moments[:half], *moments[-half:]]


def _without_value(row: Difference, is_secret: bool) -> Difference:
    if is_secret and row.path.startswith(_SECRET_PATHS):
        return Difference(row.path, REDACTED, REDACTED)
    return row


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
