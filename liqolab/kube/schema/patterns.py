"""Go's regular expressions as Python's, for the ``pattern`` of schemas."""

from __future__ import annotations

import re

_POSIX = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:space:]": r"\s",
    "[:xdigit:]": "0-9a-fA-F",
    "[:word:]": r"\w",
    "[:punct:]": r"!-/:-@\[-`{-~",
}
_DOLLAR = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$|\\z")


def go_pattern(pattern: str) -> re.Pattern[str]:
    """A Go (RE2) regular expression as a Python one: ``$`` is the very end, and classes are ASCII.

    A pattern that Python does not understand lets everything pass: refusing what a real server accepts would be worse.
    """
    for name, characters in _POSIX.items():
        pattern = pattern.replace(name, characters)
    translated = _DOLLAR.sub(lambda match: match[1] if match[1] and match[1] != r"\z" else r"\Z", pattern)
    try:
        return re.compile(translated, re.ASCII)
    except re.error:
        return re.compile("")
