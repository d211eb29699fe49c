"""How long a check of a sabotaged run waits.

A check that never holds waits for all of its time, and thirty seconds for each of two hundred sabotages would make an
hour and a half. In the good run it is known how long the check really took, so three times that, and at least two
seconds, is enough for what is only slow. Times that are a statement (``for 10s``, ``never ... within 10s``) stay.
"""

from __future__ import annotations

import re
from dataclasses import replace

from liqolab.author.trial.plan import Part
from liqolab.steps.text import StepText
from liqolab.steps.timing import DEFAULT_SECONDS, WORDS, Timing, TimingError, split_timing
from liqolab.steps.timing import seconds as seconds_of

FACTOR = 3.0
LEAST_SECONDS = 2.0

# A block of sentences says its time first: within 60s all of:
_LEADING = re.compile(rf"(?P<word>{'|'.join(words.within for words in WORDS.values())}) (?P<time>\S*\d\S*) ")


def patience(good_seconds: float) -> float:
    """Seconds for a check that took `good_seconds` when all was well."""
    return max(FACTOR * good_seconds, LEAST_SECONDS)


def impatient(part: Part, seconds: float) -> StepText:
    """The check's sentence with at most `seconds` to become true; as it is where its time is not a deadline."""
    leading = _LEADING.match(part.text.text)
    if leading is not None and seconds_of(leading["time"]) > seconds:
        rest = part.text.text[leading.end() :]
        # No time at all is not to be had in front; a millisecond is one look.
        return replace(part.text, text=f"{leading['word']} {max(round(seconds * 1000), 1)}ms {rest}")
    if not part.step.takes_timing:
        return part.text
    bare, timing = _split(part.text.text)
    if timing.kind != "within" or timing.seconds <= seconds:
        return part.text
    for words in WORDS.values():
        suffix = f"{words.within} {round(seconds * 1000)}ms" if seconds > 0 else words.now
        # A sentence with a text block ends in a colon, before or behind its time.
        for text in (f"{bare} {suffix}", f"{bare.removesuffix(':')} {suffix}:"):
            if part.step.match(text) is not None:
                return replace(part.text, text=text)
    return part.text


def waits(part: Part) -> bool:
    """Whether the check waits for something to become true, so that patience matters to it."""
    if _LEADING.match(part.text.text):
        return True
    return part.step.takes_timing and _split(part.text.text)[1].kind == "within"


def _split(text: str) -> tuple[str, Timing]:
    """The sentence without its time, and the time."""
    for language in WORDS:
        try:
            bare, timing = split_timing(text, language)
        except TimingError:
            continue
        if bare != text:
            return bare, timing
    return text, Timing("within", DEFAULT_SECONDS)
