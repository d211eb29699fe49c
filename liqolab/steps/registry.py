"""Sentences and the functions behind them.

A sentence is written as people read it: ``node {name}[ in cluster {cluster}] is Ready``. A placeholder stands for a
quoted string, ``{count:int}`` for a number, ``{kind:word}`` for a bare word; a part in square brackets may be left
out, and the function then gets None for its placeholders. Time is never part of a sentence (see `timing`): a function
that takes a `timing` allows every time suffix, one that does not allows none.

`given`, `when` and `then` say what a sentence is for (a state that is brought about, an action, a check). Features may
put any of them behind any keyword; lint, reports and the reference use it.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from liqolab.steps.timing import WORDS, Timing, TimingError, split_timing

Function = TypeVar("Function", bound=Callable[..., Any])
Role = Literal["given", "when", "then"]

_PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_FORMS = {"string": r'"(?P<{0}>[^"]*)"', "int": r"(?P<{0}>\d+)", "word": r"(?P<{0}>[\w.\-]+)"}


@dataclass(frozen=True)
class Wording:
    """One way to say a step, in one language."""

    sentence: str
    language: str = "en"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The sentence as a regular expression for a whole text without its time."""
        return re.compile(_compile(self.sentence))


@dataclass
class Step:
    """One function of the vocabulary and all its wordings, the canonical English one first."""

    function: Callable[..., Any]
    role: Role
    wordings: list[Wording] = field(default_factory=list)
    judges_output: bool = False

    @property
    def sentence(self) -> str:
        """The canonical wording."""
        return self.wordings[0].sentence

    @cached_property
    def parameters(self) -> frozenset[str]:
        """Names of what the function takes."""
        return frozenset(inspect.signature(self.function).parameters)

    @property
    def takes_docstring(self) -> bool:
        return "docstring" in self.parameters

    @property
    def takes_datatable(self) -> bool:
        return "datatable" in self.parameters

    @property
    def takes_timing(self) -> bool:
        return "timing" in self.parameters

    @property
    def location(self) -> str:
        """``file.py:line`` of the function, the file without its folder."""
        code = inspect.unwrap(self.function).__code__
        return f"{Path(code.co_filename).name}:{code.co_firstlineno}"

    @cached_property
    def integers(self) -> frozenset[str]:
        return frozenset(name for name, form in _PLACEHOLDER.findall(self.sentence) if form == "int")

    def match(self, text: str) -> dict[str, Any] | None:
        """The arguments that `text` gives the function, or None when it is another sentence."""
        for language in WORDS:
            try:
                bare, timing = split_timing(text, language)
            except TimingError:
                continue
            for wording in self.wordings:
                if wording.language == language and (found := wording.pattern.fullmatch(bare)):
                    return self._arguments(found.groupdict(), timing)
        return None

    def _arguments(self, groups: dict[str, str | None], timing: Timing) -> dict[str, Any] | None:
        arguments: dict[str, Any] = {
            name: int(value) if value is not None and name in self.integers else value for name, value in groups.items()
        }
        if self.takes_timing:
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

    def given(self, sentence: str, *aliases: str) -> Callable[[Function], Function]:
        """Register the decorated function as a state that is brought about where it is missing."""
        return self._register("given", sentence, aliases)

    def when(self, sentence: str, *aliases: str) -> Callable[[Function], Function]:
        """Register the decorated function as an action."""
        return self._register("when", sentence, aliases)

    def then(self, sentence: str, *aliases: str, judges_output: bool = False) -> Callable[[Function], Function]:
        """Register the decorated function as a check; `judges_output`: of what the last command said."""
        return self._register("then", sentence, aliases, judges_output)

    def translate(self, language: str, sentences: dict[str, str]) -> None:
        """Add wordings of another language: canonical sentence → translated sentence, same placeholders.

        Raises:
            LookupError: a canonical sentence is not registered.
        """
        known = {step.sentence: step for step in self._steps}
        for canonical, translated in sentences.items():
            known[canonical].wordings.append(Wording(translated, language))

    def find(self, text: str) -> tuple[Step, dict[str, Any]]:
        """The one step that `text` means, with its arguments.

        Raises:
            UndefinedStepError: there is none; the text proposes what may have been meant.
            AmbiguousStepError: there are several.
        """
        found = [(step, arguments) for step in self._steps if (arguments := step.match(text)) is not None]
        if not found:
            near = self.suggestions(text, 1)
            raise UndefinedStepError(f"no step is defined for: {text}" + (f"\ndid you mean: {near[0]}" if near else ""))
        if len(found) > 1:
            sentences = "; ".join(step.sentence for step, _ in found)
            raise AmbiguousStepError(f"several steps claim: {text} ({sentences})")
        return found[0]

    def suggestions(self, text: str, count: int = 3) -> list[str]:
        """Sentences like `text`, the nearest first."""
        wordings = {wording.sentence: wording for step in self._steps for wording in step.wordings}
        return difflib.get_close_matches(text, wordings, count, 0.4)

    def _register(
        self, role: Role, sentence: str, aliases: tuple[str, ...], judges_output: bool = False
    ) -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            wordings = [Wording(text) for text in (sentence, *aliases)]
            self._steps.append(Step(function, role, wordings, judges_output))
            return function

        return register


REGISTRY = Registry()
given, when, then = REGISTRY.given, REGISTRY.when, REGISTRY.then


def _compile(sentence: str) -> str:
    position, parts = 0, []
    for found in re.finditer(rf"{_PLACEHOLDER.pattern}|[\[\]]", sentence):
        parts.append(re.escape(sentence[position : found.start()]))
        position = found.end()
        if found.group() in "[]":
            parts.append("(?:" if found.group() == "[" else ")?")
        else:
            parts.append(_FORMS[found.group(2) or "string"].format(found.group(1)))
    parts.append(re.escape(sentence[position:]))
    return "".join(parts)
