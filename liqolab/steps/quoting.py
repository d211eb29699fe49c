r"""Quoted values in sentences: ``"web"``, and ``"say \"hi\""`` for one that has quotes in it.

A backslash stands before a quote that belongs to the value, and before each backslash that stands there for itself
right before a quote or the end; all other backslashes mean themselves, so that ``"\d+\.\d+"`` is the pattern that it
looks like. Whatever looks for quoted values, in any language, finds them by these expressions.
"""

from __future__ import annotations

import re
from typing import Final

CONTENT: Final = r'(?:[^"\\]|\\.)*'
"""Regular expression of what may stand between quotes."""

QUOTED: Final = rf'"{CONTENT}"'
"""The same with the quotes."""

_BEFORE_QUOTE: Final = re.compile(r'(\\+)("|$)')
_TO_ESCAPE: Final = re.compile(r'(\\*)("|$)')


def quoted(value: str) -> str:
    """`value` as it is written in a sentence."""
    return '"' + _TO_ESCAPE.sub(lambda found: found[1] * 2 + ('\\"' if found[2] else ""), value) + '"'


def unquoted(content: str) -> str:
    """The value that is meant by what stands between quotes."""
    return _BEFORE_QUOTE.sub(lambda found: "\\" * (len(found[1]) // 2) + found[2], content)
