"""Time in sentences: the suffix that says which kind of assertion a sentence makes.

Time is never part of a sentence of the vocabulary. Every check may end in ``within 60s`` (becomes true in time),
``for 10s`` (is true and stays so) or ``immediately`` (is true now), and may carry the word ``never`` (does not become
true within that time: ``pod "x" in cluster "venice" never is Running within 10s``). Durations are Go's: ``90s``,
``1m30s``, ``500ms``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from liqolab.steps.quoting import QUOTED

Kind = Literal["within", "for", "now", "never"]

DEFAULT_SECONDS = 30.0
"""How long a check without a time suffix waits to become true."""

DURATION = r"(?:\d+(?:\.\d+)?(?:ms|h|m|s))+"
_QUOTED = re.compile(f"({QUOTED})")
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
    """How a language says time; `negation` is what stands before the verb along with `never` ("non è mai")."""

    within: str
    throughout: str
    now: str
    never: str
    negation: str = ""


WORDS = {
    "en": TimeWords("within", "for", "immediately", "never"),
    "it": TimeWords("entro", "per", "subito", "mai", "non"),
}


class TimingError(ValueError):
    """A time suffix that contradicts itself; the text says what to write instead."""


@lru_cache(maxsize=4096)
def split_timing(text: str, language: str = "en") -> tuple[str, Timing]:
    """Take the time off a sentence.

    Raises:
        TimingError: "never" without a time, or with ``immediately``.
    """
    words = WORDS[language]
    bare, timing = _split_suffix(text, words)
    parts = _QUOTED.split(bare)
    unsaid = [_without_never(part, words) if index % 2 == 0 else part for index, part in enumerate(parts)]
    if unsaid == parts:
        return bare, timing
    if bare == text or timing.kind == "now":
        raise TimingError(f'"{words.never}" needs a time to watch for: end the sentence in "{words.within} 10s"')
    return "".join(unsaid).strip(), Timing("never", timing.seconds)


def seconds(duration: str) -> float:
    """Seconds of a Go duration such as ``1m30s``; 0 for what is none."""
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", duration))


def _without_never(text: str, words: TimeWords) -> str:
    if words.negation:
        # "non è mai" says never once, with two words: taking only one away would turn the meaning round.
        text = re.sub(rf"\b{words.negation} (\S+) {words.never}\b", r"\1", text)
    return re.sub(rf"(^| ){words.never}( |$)", " ", text)


def _split_suffix(text: str, words: TimeWords) -> tuple[str, Timing]:
    found = re.search(rf" (?:({words.within}|{words.throughout}) ({DURATION})|({words.now}))$", text)
    if found is None:
        return text, Timing()
    bare = text[: found.start()]
    if found.group(3):
        return bare, Timing("now", 0.0)
    kind: Kind = "within" if found.group(1) == words.within else "for"
    return bare, Timing(kind, seconds(found.group(2)))
