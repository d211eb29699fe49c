"""Regular expressions as Go has them: RE2, whose time is bounded by the length of the text whatever the expression."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from liqolab.kube.cel.errors import EvaluationError


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """The expression, ready for `search` and `finditer`.

    Raises:
        EvaluationError: it is none.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise EvaluationError(f"error parsing regexp: {_in_go(text)}") from None


_WORDS: Final = {
    "missing ): ": "missing closing ): ",
    "missing ]: ": "missing closing ]: ",
    "no argument for repetition operator: ": "missing argument to repetition operator: ",
    "bad repetition operator: ": "invalid nested repetition operator: ",
    "invalid perl operator: ": "invalid or unsupported Perl syntax: ",
    "invalid repetition size: ": "invalid repeat count: ",
    "trailing \\": "trailing backslash at end of expression: ",
}
"""What the engine says, and how Go's puts it."""


def _in_go(text: str) -> str:
    for own, other in _WORDS.items():
        if text.startswith(own):
            return f"{other}`{text.removeprefix(own)}`"
    head, colon, rest = text.partition(": ")
    return f"{head}: `{rest}`" if colon else text
