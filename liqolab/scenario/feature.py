"""A feature file as plain values for a run: scenarios in order, steps with their docstrings and tables.

What the file says is `liqolab.gherkin_tree`'s to tell. Each row of an outline is a scenario of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from liqolab.gherkin_tree import GherkinError, Pickle, PickleStep, Tree, parse
from liqolab.report.record import FeatureRecord, ScenarioRecord, StepRecord
from liqolab.scenario.library import LessonError, data_folder
from liqolab.steps.text import StepText

STEP_TAG = "@step:"
"""How the tag begins that names a lesson's step."""


@dataclass(frozen=True, slots=True)
class FeatureStep(StepText):
    """A step in a feature file.

    Attributes:
        media_type: what is written behind the text block's opening quotes.
        background: whether it stands in a Background.
    """

    media_type: str = ""
    background: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario, or one row of an outline.

    Attributes:
        name: with the row's values filled in.
        step: the id of the lesson's step that its tag names; empty outside of lessons.
        steps: those of the Backgrounds above it come first.
        line: line of the keyword.
        row: line of the row of examples; 0 for a scenario that is no outline's.
        tags: its own and the inherited ones, each with its ``@``.
        rule: name of the rule that it stands under.
        examples: the row's values by column.
    """

    name: str
    step: str
    steps: tuple[FeatureStep, ...]
    line: int
    row: int = 0
    keyword: str = "Scenario"
    description: str = ""
    tags: tuple[str, ...] = ()
    rule: str = ""
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def commands(self) -> list[str]:
        """The docstrings that a learner types."""
        return [part.docstring for part in self.steps if part.kind == "when" and part.docstring is not None]

    def record(self) -> ScenarioRecord:
        """The record of a scenario that has not run yet."""
        return ScenarioRecord(
            name=self.name,
            line=self.line,
            row=self.row,
            keyword=self.keyword,
            description=self.description,
            rule=self.rule,
            tags=list(self.tags),
            examples=dict(self.examples),
            steps=[_step_record(part) for part in self.steps],
        )


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature and its scenarios; `uri` is the file as people would name it."""

    name: str
    path: Path
    scenarios: tuple[Scenario, ...]
    uri: str = ""
    keyword: str = "Feature"
    description: str = ""
    language: str = "en"
    line: int = 1
    tags: tuple[str, ...] = ()
    source: str = ""

    def record(self) -> FeatureRecord:
        """The record of a feature of which nothing has run yet."""
        return FeatureRecord(
            uri=self.uri,
            name=self.name,
            keyword=self.keyword,
            description=self.description,
            language=self.language,
            line=self.line,
            tags=list(self.tags),
            source=self.source,
            scenarios=[scenario.record() for scenario in self.scenarios],
        )


def load_feature(path: Path) -> Feature:
    """Read a feature file; it is read anew each time, and understood anew only when it changed.

    Raises:
        LessonError: it is missing, is not Gherkin, or has no scenario, or one without steps.
    """
    return _feature(path, _uri(path), _read(path))


def scenarios_of(tree: Tree, uri: str) -> tuple[Scenario, ...]:
    """What can be run of a file, in order."""
    return tuple(_scenario(pickle, uri) for pickle in tree.pickles)


@lru_cache(maxsize=256)
def _feature(path: Path, uri: str, source: str) -> Feature:
    try:
        tree = parse(source)
    except GherkinError as error:
        # One line for each mistake: ``file:line:column: what``.
        lines = (f"  {uri}:{mistake.line}:{mistake.column}: {mistake.message}" for mistake in error.mistakes)
        raise LessonError("\n".join([f"{uri} is not Gherkin:", *lines])) from None
    feature = tree.feature
    if feature is None:
        raise LessonError(f'{uri} has no feature: it should begin with "Feature:" and a name')
    scenarios = scenarios_of(tree, uri)
    if not scenarios:
        raise LessonError(f"{uri} has no scenario to run: it has none at all, or an outline without rows")
    if idle := next((scenario for scenario in scenarios if not scenario.steps), None):
        raise LessonError(f'{uri}:{idle.line}: scenario "{idle.name}" has no steps: it would pass and prove nothing')
    return Feature(
        name=feature.name,
        path=path,
        scenarios=scenarios,
        uri=uri,
        keyword=feature.keyword,
        description=_flush(feature.description),
        language=feature.language,
        line=feature.line,
        tags=tuple(tag.name for tag in feature.tags),
        source=source,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LessonError(f"feature {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise LessonError(f"feature {path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None


def _uri(path: Path) -> str:
    """Features of lessons are named as in a checkout wherever they are installed; others from where one stands."""
    absolute = path.absolute()
    for folder, prefix in ((data_folder("features"), "features"), (Path.cwd(), "")):
        if absolute.is_relative_to(folder):
            return (prefix / absolute.relative_to(folder)).as_posix()
    return absolute.as_posix()


def _scenario(pickle: Pickle, uri: str) -> Scenario:
    section = pickle.section
    line, row = pickle.place
    return Scenario(
        name=pickle.name,
        step=next((tag.removeprefix(STEP_TAG) for tag in pickle.tags if tag.startswith(STEP_TAG)), ""),
        steps=tuple(_step(part, uri) for part in pickle.steps),
        line=line,
        row=row,
        keyword=section.keyword,
        description=_flush(section.description),
        tags=pickle.tags,
        rule=section.rule.name if section.rule else "",
        examples=pickle.examples,
    )


def _step(part: PickleStep, uri: str) -> FeatureStep:
    return FeatureStep(
        kind=part.step.kind,
        keyword=part.step.keyword,
        text=part.text,
        docstring=part.docstring,
        datatable=[list(row) for row in part.table] or None,
        line=part.step.line,
        path=uri,
        media_type=part.media_type,
        background=part.background,
    )


def _step_record(step: FeatureStep) -> StepRecord:
    return StepRecord(
        keyword=step.keyword,
        text=step.text,
        line=step.line,
        kind=step.kind,
        background=step.background,
        docstring=step.docstring,
        media_type=step.media_type,
        datatable=step.datatable,
    )


def _flush(text: str) -> str:
    """A description without the indentation that it has in the file."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
