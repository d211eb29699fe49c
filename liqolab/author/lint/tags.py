"""The tags that mean something: what they mean is decided elsewhere, that they are spelt right is decided here.

A project's own tags are free. One that is nearly a tag with a meaning is doubted, because a misspelt one silently means
nothing; a comment in the feature makes it known: ``# liqolab: tags @slo, @team:NAME``, where capitals stand for
anything.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

KNOWN = {
    "@step:ID": "the scenario is the truth of that step of a lesson",
    "@edition:NAME": "the scenario holds for that edition of Liqo",
    "@needs(WHAT)": "a provider, or a program on the PATH, without which the scenario is skipped",
    "@req:ID": "the requirement that the scenario proves",
    "@slow": "takes longer than people wait for",
    "@serial": "no other scenario runs meanwhile",
    "@wip": "is being written",
    "@skip": "is left out of every run",
}
"""Tag → meaning; words in capitals stand for anything."""

_ALIKE = 0.75
"""Likeness from which a tag is one misspelt. Tuned: `@slwo` and `@stpe` are (0.8), `@smoke` is not `@slow` (0.55)."""
_ANYTHING = re.compile(r"(?<=[:(])[A-Z]+")
_COMMENT = re.compile(r"#\s*liqolab:\s*tags\s+(.*)")


def is_known(tag: str, own: Iterable[str] = ()) -> bool:
    """Whether a tag, with its ``@``, is one of the table's or one of the feature's `own`."""
    return any(_pattern(known).fullmatch(tag) for known in (*KNOWN, *own))


def nearest(tag: str) -> str:
    """The tag with a meaning that an unknown one is nearly; empty for one that is like none of them."""
    begun = re.match(r"@\w*", tag)
    word = begun[0] if begun else tag
    # Only of the word itself: what stands behind its colon or in its brackets is the author's.
    words = {known.partition(":")[0].partition("(")[0]: known for known in KNOWN}
    near = difflib.get_close_matches(word, words, 1, _ALIKE)
    return words[near[0]] if near else ""


def own_tags(text: str) -> list[str]:
    """The tags that a feature's comments make known."""
    return [tag for listed in _COMMENT.findall(text) for tag in re.findall(r"@[^\s,]+", listed)]


def _pattern(known: str) -> re.Pattern[str]:
    return re.compile(r"[^\s()]+".join(re.escape(part) for part in _ANYTHING.split(known)))
