"""Regular expressions as Go has them: RE2, whose time is bounded by the length of the text whatever the expression."""

from __future__ import annotations

import re
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

    _refuse_bytes(pattern)
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode() if isinstance(reason, bytes) else str(reason)
        raise EvaluationError(f"error parsing regexp: {_in_go(text, pattern)}") from None


_BYTE: Final = re.compile(r"\\Q.*?(?:\\E|$)|\\(.)", re.DOTALL)


def _refuse_bytes(pattern: str) -> None:
    """Go has texts, in which there are no single bytes to match."""
    if "\\C" in pattern and any(found[1] == "C" for found in _BYTE.finditer(pattern)):
        raise EvaluationError("error parsing regexp: invalid escape sequence: `\\C`")


_WORDS: Final = {
    "missing ): ": "missing closing ): ",
    "missing ]: ": "missing closing ]: ",
    "no argument for repetition operator: ": "missing argument to repetition operator: ",
    "bad repetition operator: ": "invalid nested repetition operator: ",
    "invalid perl operator: ": "invalid or unsupported Perl syntax: ",
    "invalid repetition size: ": "invalid repeat count: ",
    "invalid named capture group: ": "invalid named capture: ",
    "trailing \\": "trailing backslash at end of expression: ",
}
"""What the engine says, and how Go's puts it."""


_BEHIND: Final = ("(?<=", "(?<!")


def _in_go(text: str, pattern: str) -> str:
    if text.endswith(_BEHIND):
        # To Go, looking behind is a name that is none.
        rest = pattern[pattern.index(text[-len(_BEHIND[0]) :]) :]
        return f"invalid named capture: `{rest[: rest.find('>') + 1 or None]}`"
    for own, other in _WORDS.items():
        if text.startswith(own):
            return f"{other}`{text.removeprefix(own)}`"
    head, colon, rest = text.partition(": ")
    return f"{head}: `{rest}`" if colon else text
