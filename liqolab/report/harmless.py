"""What may stand in a report: no secrets, no control characters, valid text, bounded in length.

Everything passes here twice: what comes from clusters and commands when it is noted down, and the whole record before a
format is written. So no format has to think of it, and none can forget it.
"""

from __future__ import annotations

from typing import Any, TypeVar

from liqolab.report.documents import from_document, to_document
from liqolab.steps.failing.document import harmless as harmless_failure
from liqolab.steps.failing.failure import Failure
from liqolab.steps.failing.redaction import presentable

T = TypeVar("T")

LIMIT = 20_000
"""Characters of one text of evidence: some screenfuls, not a log archive."""

_SHORT = 1_000
"""Characters of a name and its like."""

_LIMITS = {
    "source": 2_000_000,
    **dict.fromkeys(("message", "text", "docstring", "description", "summary", "output", "problems"), LIMIT),
}
"""Fields that are more than names."""


def harmless_text(text: str, limit: int = LIMIT) -> str:
    """A text that may be shown anywhere."""
    return presentable(text, limit)


def harmless(value: T) -> T:
    """The same dataclass value with every text in it made harmless."""
    return from_document(type(value), _Cleaner().clean(to_document(value, _without_harm), ""))


def _without_harm(value: Any) -> Any:
    """Failures know better than their texts what in them is a secret, and how large they may be."""
    return harmless_failure(value) if isinstance(value, Failure) else value


class _Cleaner:
    """Remembers what it has cleaned: a record says the same names thousands of times."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str] = {}

    def clean(self, document: Any, field: str) -> Any:
        if isinstance(document, str):
            return self._text(document, _LIMITS.get(field, _SHORT))
        if isinstance(document, list):
            return [self.clean(entry, field) for entry in document]
        if isinstance(document, dict):
            return {self._text(key, _SHORT): self.clean(entry, key) for key, entry in document.items()}
        return document

    def _text(self, text: str, limit: int) -> str:
        key = text, limit
        if key not in self._known:
            self._known[key] = harmless_text(text, limit)
        return self._known[key]
