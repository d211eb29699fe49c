"""Sentences and the functions behind them.

A sentence is written as people read it: ``node {name} in cluster {cluster} is Ready``. A placeholder stands for a
quoted string, ``{count:int}`` for a number, ``{kind:word}`` for a bare word. Time is never part of a sentence: every
sentence may end in ``within 60s`` (becomes true in time), ``for 10s`` (stays true) or ``immediately`` (is true now),
and the function gets that as its `timing`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

_PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_FORMS = {"string": r'"(?P<{0}>[^"]*)"', "int": r"(?P<{0}>\d+)", "word": r"(?P<{0}>[\w.\-]+)"}
_DURATION = r"(?:\d+h)?(?:\d+m)?(?:\d+(?:\.\d+)?s)?"
_TIMING = re.compile(rf" (?:(within|for) ({_DURATION})|(immediately))$")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}

DEFAULT_SECONDS = 30.0
"""How long a check without a time suffix waits to become true."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The kind of an assertion and its length in seconds.

    Attributes:
        kind: ``within`` (eventually), ``for`` (throughout) or ``now``.
        seconds: how long; 0 for ``now``.
    """

    kind: Literal["within", "for", "now"] = "within"
    seconds: float = DEFAULT_SECONDS


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of the vocabulary."""

    sentence: str
    function: Callable[..., Any]
    pattern: re.Pattern[str]
    integers: frozenset[str]

    def match(self, text: str) -> dict[str, Any] | None:
        """The arguments that `text` gives the function, or None when it is another sentence."""
        bare, timing = split_timing(text)
        found = self.pattern.fullmatch(bare)
        if found is None:
            return None
        arguments: dict[str, Any] = {
            name: int(value) if name in self.integers else value for name, value in found.groupdict().items()
        }
        if "timing" in inspect.signature(self.function).parameters:
            arguments["timing"] = timing
        elif timing != Timing():
            return None
        return arguments


class UndefinedStepError(LookupError):
    """A sentence that nobody defined."""


class AmbiguousStepError(LookupError):
    """A sentence that more than one function claims."""


class Registry:
    """All sentences."""

    def __init__(self) -> None:
        self._steps: list[Step] = []

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def step(self, sentence: str) -> Callable[[Function], Function]:
        """Register the decorated function under `sentence`."""

        def register(function: Function) -> Function:
            pattern, integers = _compile(sentence)
            self._steps.append(Step(sentence, function, pattern, integers))
            return function

        return register

    def find(self, text: str) -> tuple[Step, dict[str, Any]]:
        """The one step that `text` means, with its arguments.

        Raises:
            UndefinedStepError: there is none.
            AmbiguousStepError: there are several.
        """
        found = [(step, arguments) for step in self._steps if (arguments := step.match(text)) is not None]
        if not found:
            raise UndefinedStepError(f"no step is defined for: {text}")
        if len(found) > 1:
            sentences = "; ".join(step.sentence for step, _ in found)
            raise AmbiguousStepError(f"several steps claim: {text} ({sentences})")
        return found[0]


REGISTRY = Registry()
step = REGISTRY.step


def split_timing(text: str) -> tuple[str, Timing]:
    """Take the time suffix off a sentence."""
    found = _TIMING.search(text)
    if found is None:
        return text, Timing()
    bare = text[: found.start()]
    if found.group(3):
        return bare, Timing("now", 0.0)
    kind: Literal["within", "for"] = "within" if found.group(1) == "within" else "for"
    return bare, Timing(kind, _seconds(found.group(2)))


def _seconds(duration: str) -> float:
    return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+(?:\.\d+)?)([hms])", duration))


def _compile(sentence: str) -> tuple[re.Pattern[str], frozenset[str]]:
    integers = frozenset(name for name, form in _PLACEHOLDER.findall(sentence) if form == "int")
    position, parts = 0, []
    for found in _PLACEHOLDER.finditer(sentence):
        name, form = found.groups()
        parts += [re.escape(sentence[position : found.start()]), _FORMS[form or "string"].format(name)]
        position = found.end()
    parts.append(re.escape(sentence[position:]))
    return re.compile("".join(parts)), integers
