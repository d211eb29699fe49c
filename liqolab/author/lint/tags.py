"""The tags that a feature may carry: what they mean is decided elsewhere, that they are known is decided here.

An unknown tag is nearly always a misspelt one, and a misspelt tag silently selects nothing. A project's own tags are
made known by a comment in the feature that uses them: ``# liqolab: tags @smoke, @team:NAME``, where capitals stand for
anything.
"""

from __future__ import annotations

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

_ANYTHING = re.compile(r"(?<=[:(])[A-Z]+")
_COMMENT = re.compile(r"#\s*liqolab:\s*tags\s+(.*)")


def is_known(tag: str, own: Iterable[str] = ()) -> bool:
    """Whether a tag, with its ``@``, is one of the table's or one of the feature's `own`."""
    return any(_pattern(known).fullmatch(tag) for known in (*KNOWN, *own))


def own_tags(text: str) -> list[str]:
    """The tags that a feature's comments make known."""
    return [tag for listed in _COMMENT.findall(text) for tag in re.findall(r"@[^\s,]+", listed)]


def _pattern(known: str) -> re.Pattern[str]:
    return re.compile(r"[^\s()]+".join(re.escape(part) for part in _ANYTHING.split(known)))
