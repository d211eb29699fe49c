"""A feature file as rules look at it: what it says, and what the vocabulary makes of each sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liqolab.author.lint.rule import Checks, Finding
from liqolab.author.lint.source import Source, read
from liqolab.gherkin_tree import STEP_TAG, GherkinError, Section, Step, Tag, parse
from liqolab.scenario.outline import Outline, outline
from liqolab.scenario.places import place_of
from liqolab.steps import registry
from liqolab.steps.registry import AmbiguousStepError, Registry, UndefinedStepError
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY


@dataclass(frozen=True, slots=True)
class Sentence:
    """A step's text with one row of examples filled in, and what it means.

    Attributes:
        step: the vocabulary's entry; None where there is none or several, and for the place in a lesson, which the
            lesson's player says itself.
        arguments: what the sentence gives its function; empty without an entry.
        error: why there is no entry: undefined or ambiguous; None where all is well.
    """

    text: StepText
    step: registry.Step | None
    arguments: dict[str, Any]
    error: LookupError | None


class FeatureFile:
    """One parsed feature.

    Attributes:
        scenarios: as written, Backgrounds left out.
        played: what a run would play, the rows of outlines filled in.
    """

    def __init__(self, source: Source, registry: Registry = REGISTRY) -> None:
        """Parse `source`.

        Raises:
            GherkinError: it is not Gherkin.
        """
        self.source = source
        self.registry = registry
        self.tree = parse(source.text, source.name)
        self.feature = self.tree.feature
        self.sections = self.tree.sections
        self.scenarios = [section for section in self.sections if not section.is_background]
        self.played = self.tree.scenarios
        self._sentences: dict[int, list[Sentence]] = {}
        for scenario in self.played:
            for step in scenario.steps:
                # Every scenario says its Background again.
                if not (step.background and step.line in self._sentences):
                    self._sentences.setdefault(step.line, []).append(self._sentence(step))

    @property
    def language(self) -> str:
        return self.feature.language if self.feature else "en"

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The feature's own tags."""
        return self.feature.tags if self.feature else ()

    @property
    def lines(self) -> tuple[str, ...]:
        return self.tree.lines

    def steps(self) -> Iterator[tuple[Section, Step]]:
        """Every step with the section in which it stands."""
        for section in self.sections:
            for step in section.steps:
                yield section, step

    def said(self, step: Step) -> list[Sentence]:
        """What a run would say for a step; the step as it is written where no run would come to it."""
        if step.line not in self._sentences:
            block = step.block.content if step.block else None
            table = [row.values for row in step.table] or None
            text = StepText(step.kind, step.keyword, step.text, block, table, step.line, self.source.name)
            self._sentences[step.line] = [self._sentence(text)]
        return self._sentences[step.line]

    def sentences(self) -> Iterator[tuple[Step, Sentence]]:
        """Every sentence that a run would say, the rows of outlines filled in."""
        for _, step in self.steps():
            for sentence in self.said(step):
                yield step, sentence

    def outlines(self) -> dict[str, Outline]:
        """What each of the lesson's steps asks of a learner, by its id; of an outline, its first row."""
        first = {scenario.line: scenario for scenario in reversed(self.played)}
        return {
            name: outline(first[section.line], self._find)
            for section in self.scenarios
            if section.line in first
            for name in step_ids(section)
        }

    def _find(self, text: str) -> tuple[registry.Step | None, dict[str, Any]]:
        try:
            return self.registry.find(text)
        except (UndefinedStepError, AmbiguousStepError):
            return None, {}

    def _sentence(self, text: StepText) -> Sentence:
        if place_of(text.text):
            return Sentence(text, None, {}, None)
        try:
            found, arguments = self.registry.find(text.text)
        except (UndefinedStepError, AmbiguousStepError) as error:
            return Sentence(text, None, {}, error)
        return Sentence(text, found, arguments, None)


FEATURE_CHECKS = Checks[FeatureFile]("feature")
feature_rule = FEATURE_CHECKS.rule
"""Makes a rule of a function that looks at one feature."""


def read_feature(path: Path, name: str) -> FeatureFile | None:
    """A feature that a lesson names; None where it cannot be read (the findings of the feature's own say why)."""
    source = read(path, name)
    if isinstance(source, Finding):
        return None
    try:
        return FeatureFile(source)
    except GherkinError:
        return None


def step_ids(section: Section) -> list[str]:
    """The lesson's steps that a scenario's own tags name."""
    return [tag.name.removeprefix(STEP_TAG) for tag in section.tags if tag.name.startswith(STEP_TAG)]
