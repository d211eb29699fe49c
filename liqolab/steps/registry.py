"""Sentences and the functions behind them.

A sentence is written as people read it: ``node {name}[ in cluster {cluster}] is Ready``. A placeholder stands for a
quoted string (see `quoting`), ``{count:int}`` for a number, ``{kind:kind}``, ``{state:state}`` and the like for bare
words (see `FORMS`); a part in square brackets may be left out, and the function then gets None for its placeholders.
Time is never part of a sentence (see `timing`): a function that takes a `timing` allows every time suffix, one that
does not allows none.

`given`, `when` and `then` say what a sentence is for (a state that is brought about, an action, a check). Features may
put any of them behind any keyword; lint, reports and the reference use it. Other wordings of a sentence are not said
where it is defined: aliases and translations stand in one table each.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypedDict, TypeVar, Unpack

from liqolab.steps.quoting import CONTENT, QUOTED, unquoted
from liqolab.steps.timing import DURATION, WORDS, Timing, TimingError, split_timing

Function = TypeVar("Function", bound=Callable[..., Any])
Role = Literal["given", "when", "then"]
Typed = Literal["", "until one fails", "whatever comes"]
"""Which of its commands a sentence types into the lesson's bash; none, if it is empty."""

PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")
OPTIONAL = re.compile(r"\[([^\[\]]*)\]")

FORMS = {
    "string": QUOTED,
    "int": r"\d+",
    "word": r"[\w.\-]+",
    "duration": DURATION,
    # What kubectl takes for a kind, and none of the words with which other sentences begin.
    "kind": r"(?!clusters?\b)[A-Za-z][\w.\-]*",
    # States are the API's own words, and all of them are capitalised.
    "state": r"[A-Z][A-Za-z]+",
    "operator": r"=|!=|>=|<=|>|<|matches|contains",
}
"""Form of a placeholder → regular expression of what it stands for."""


@dataclass(frozen=True)
class Wording:
    """One way to say a step, in one language."""

    sentence: str
    language: str = "en"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The sentence as a regular expression for a whole text without its time."""
        return re.compile(_compile(self.sentence))

    @cached_property
    def anchor(self) -> str:
        """The longest piece of text that is in everything that the sentence matches: looking for it is quick."""
        return max(PLACEHOLDER.sub("\0", OPTIONAL.sub("\0", self.sentence)).split("\0"), key=len)

    def expansions(self) -> list[str]:
        """The sentence with each choice of its optional parts, the longest first."""
        found = [""]
        for index, part in enumerate(OPTIONAL.split(self.sentence)):
            found = [text + part for text in found] + (found if index % 2 else [])
        return sorted(found, key=len, reverse=True)


class Traits(TypedDict, total=False):
    """What others have to know of a sentence, and cannot read from its words: these are in any language."""

    judges_output: bool
    negative: bool
    existence: bool
    types_commands: Typed
    provides_clusters: bool
    about: str


@dataclass
class Step:
    """One function of the vocabulary and all its wordings, the canonical English one first.

    Attributes:
        judges_output: it is about what the last command said.
        negative: it wants something not to be.
        existence: it is about nothing but whether something is there.
        types_commands: it types commands into the lesson's bash.
        provides_clusters: it says which clusters a scenario has.
        about: the kind of its subject, where the words do not leave that open.
    """

    function: Callable[..., Any]
    role: Role
    wordings: list[Wording] = field(default_factory=list)
    judges_output: bool = False
    negative: bool = False
    existence: bool = False
    types_commands: Typed = ""
    provides_clusters: bool = False
    about: str = ""

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
    def takes_subject(self) -> bool:
        """Whether it gets what it is about as one `Subject`, and not each word that says so."""
        return "subject" in self.parameters

    @property
    def takes_timing(self) -> bool:
        return "timing" in self.parameters

    @property
    def location(self) -> str:
        """``file.py:line`` of the function, the file without its folder."""
        code = inspect.unwrap(self.function).__code__
        return f"{Path(code.co_filename).name}:{code.co_firstlineno}"

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """What the sentence leaves open."""
        return frozenset(name for name, _ in PLACEHOLDER.findall(self.sentence))

    @cached_property
    def integers(self) -> frozenset[str]:
        return frozenset(name for name, form in PLACEHOLDER.findall(self.sentence) if form == "int")

    @cached_property
    def quoted(self) -> frozenset[str]:
        """What stands in quotes."""
        return frozenset(name for name, form in PLACEHOLDER.findall(self.sentence) if form in ("", "string"))

    def match(self, text: str) -> dict[str, Any] | None:
        """The arguments that `text` gives the function, or None when it is another sentence."""
        for language in WORDS:
            try:
                bare, timing = split_timing(text, language)
            except TimingError:
                continue
            groups = self._groups(bare, language)
            if groups is not None and (self.takes_timing or timing == Timing()):
                return self._arguments(groups, timing)
        return None

    def says(self, text: str, language: str) -> bool:
        """Whether `text`, whatever its time suffix, is this step in that language."""
        try:
            return self._groups(split_timing(text, language)[0], language) is not None
        except TimingError:
            return False

    def _groups(self, bare: str, language: str) -> dict[str, str | None] | None:
        for wording in self.wordings:
            if wording.language != language or wording.anchor not in bare:
                continue
            if found := wording.pattern.fullmatch(bare):
                return found.groupdict()
        return None

    def _arguments(self, groups: dict[str, str | None], timing: Timing) -> dict[str, Any]:
        arguments: dict[str, Any] = {name: self._value(name, text) for name, text in groups.items()}
        if self.takes_timing:
            arguments["timing"] = timing
        return arguments

    def _value(self, name: str, text: str | None) -> str | int | None:
        if text is None:
            return None
        if name in self.integers:
            return int(text)
        return unquoted(text) if name in self.quoted else text


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

    def given(self, sentence: str, **traits: Unpack[Traits]) -> Callable[[Function], Function]:
        """Register the decorated function as a state that is brought about where it is missing."""
        return self._register("given", sentence, traits)

    def when(self, sentence: str, **traits: Unpack[Traits]) -> Callable[[Function], Function]:
        """Register the decorated function as an action."""
        return self._register("when", sentence, traits)

    def then(self, sentence: str, **traits: Unpack[Traits]) -> Callable[[Function], Function]:
        """Register the decorated function as a check."""
        return self._register("then", sentence, traits)

    def alias(self, sentences: Mapping[str, Sequence[str]]) -> None:
        """Add other English wordings: canonical sentence → aliases.

        Raises:
            LookupError: a canonical sentence is not registered, or an alias has a placeholder that it has not.
        """
        for canonical, aliases in sentences.items():
            for sentence in aliases:
                self._add(canonical, Wording(sentence))

    def translate(self, language: str, sentences: Mapping[str, str]) -> None:
        """Add wordings of another language: canonical sentence → translated sentence, same placeholders.

        Raises:
            LookupError: a canonical sentence is not registered, or a translation has a placeholder that it has not.
        """
        for canonical, translated in sentences.items():
            self._add(canonical, Wording(translated, language))

    def find(self, text: str) -> tuple[Step, dict[str, Any]]:
        """The one step that `text` means, with its arguments.

        Raises:
            UndefinedStepError: there is none; `suggestions.look_up` also proposes what may have been meant.
            AmbiguousStepError: there are several.
        """
        found = [(step, arguments) for step in self._steps if (arguments := step.match(text)) is not None]
        if not found:
            raise UndefinedStepError(f"no step is defined for: {text}")
        if len(found) > 1:
            sentences = "; ".join(step.sentence for step, _ in found)
            raise AmbiguousStepError(f"several steps claim: {text} ({sentences})")
        return found[0]

    def _add(self, canonical: str, wording: Wording) -> None:
        step = next((step for step in self._steps if step.sentence == canonical), None)
        if step is None:
            raise LookupError(f"no such sentence: {canonical}")
        if unknown := set(PLACEHOLDER.findall(wording.sentence)) - set(PLACEHOLDER.findall(canonical)):
            raise LookupError(f"{wording.sentence}: {unknown} is not in {canonical}")
        step.wordings.append(wording)

    def _register(self, role: Role, sentence: str, traits: Traits) -> Callable[[Function], Function]:
        def register(function: Function) -> Function:
            self._steps.append(Step(function, role, [Wording(sentence)], **traits))
            return function

        return register


REGISTRY = Registry()
given, when, then = REGISTRY.given, REGISTRY.when, REGISTRY.then


def _compile(sentence: str) -> str:
    position, parts = 0, []
    for found in re.finditer(rf"{PLACEHOLDER.pattern}|[\[\]]", sentence):
        parts.append(re.escape(sentence[position : found.start()]))
        position = found.end()
        if found.group() in "[]":
            parts.append("(?:" if found.group() == "[" else ")?")
        elif found.group(2) in (None, "string"):
            parts.append(f'"(?P<{found.group(1)}>{CONTENT})"')
        else:
            parts.append(f"(?P<{found.group(1)}>{FORMS[found.group(2)]})")
    parts.append(re.escape(sentence[position:]))
    return "".join(parts)
