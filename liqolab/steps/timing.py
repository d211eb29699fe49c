"""Time in sentences: the suffix that says which kind of assertion a sentence makes.

Time is never part of a sentence of the vocabulary. Every check may end in ``within 60s`` (becomes true in time),
``for 10s`` (is true and stays so) or ``immediately`` (is true now), and may carry the word ``never`` (does not become
true within that time: ``pod "x" in cluster "venice" never is Running within 10s``). Durations are Go's: ``90s``,
``1m30s``, ``500ms``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["within", "for", "now", "never"]

DEFAULT_SECONDS = 30.0
"""How long a check without a time suffix waits to become true."""

_DURATION = r"(?:\d+(?:\.\d+)?(?:ms|h|m|s))+"
_QUOTED = re.compile(r'("[^"]*")')
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True, slots=True)
class Timing:
    """The kind of an assertion and its length in seconds.

    Attributes:
        kind: ``within`` (eventually), ``for`` (throughout), ``now`` or ``never`` (not once).
        seconds: how long; 0 for ``now``.
    """

    kind: Kind = "within"
    seconds: float = DEFAULT_SECONDS


@dataclass(frozen=True, slots=True)
class TimeWords:
    """How a language says time."""

    within: str
    throughout: str
    now: str
    never: str


WORDS = {
    "en": TimeWords("within", "for", "immediately", "never"),
    "it": TimeWords("entro", "per", "subito", "mai"),
}


class TimingError(ValueError):
    """A time suffix that contradicts itself; the text says what to write instead."""


def split_timing(text: str, language: str = "en") -> tuple[str, Timing]:
    """Take the time off a sentence.

    Raises:
        TimingError: "never" without a time, or with ``immediately``.
    """
    words = WORDS[language]
    bare, timing = _split_suffix(text, words)
    parts = _QUOTED.split(bare)
    never = any(f" {words.never} " in f" {part} " for part in parts[::2])
    if not never:
        return bare, timing
    if bare == text or timing.kind == "now":
        raise TimingError(f'"{words.never}" needs a time to watch for: end the sentence in "{words.within} 10s"')
    unsaid = [re.sub(rf"(^| ){words.never}( |$)", " ", part) if i % 2 == 0 else part for i, part in enumerate(parts)]
    return "".join(unsaid).strip(), Timing("never", timing.seconds)


def seconds(duration: str) -> float:
    """Seconds of a Go duration such as ``1m30s``; 0 for what is none."""
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", duration))


def _split_suffix(text: str, words: TimeWords) -> tuple[str, Timing]:
    found = re.search(rf" (?:({words.within}|{words.throughout}) ({_DURATION})|({words.now}))$", text)
    if found is None:
        return text, Timing()
    bare = text[: found.start()]
    if found.group(3):
        return bare, Timing("now", 0.0)
    kind: Kind = "within" if found.group(1) == words.within else "for"
    return bare, Timing(kind, seconds(found.group(2)))
