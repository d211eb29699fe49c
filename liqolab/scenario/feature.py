"""A feature that can be run: where its file is, and its scenarios, each row of an outline one of its own.

What the file says is `liqolab.gherkin_tree`'s to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from liqolab.gherkin_tree import GherkinError, Scenario, parse
from liqolab.report.record import FeatureRecord, ScenarioRecord, StepRecord
from liqolab.scenario.library import LessonError, shown


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
            scenarios=[unplayed(scenario) for scenario in self.scenarios],
        )


def load_feature(path: Path) -> Feature:
    """Read a feature file; it is read anew each time, and understood anew only when it changed.

    Raises:
        LessonError: it is missing, is not Gherkin, or has no scenario, or one without steps.
    """
    return _feature(path, shown(path), _read(path))


def unplayed(scenario: Scenario) -> ScenarioRecord:
    """The record of a scenario that has not run yet."""
    return ScenarioRecord(
        name=scenario.name,
        line=scenario.line,
        row=scenario.row,
        keyword=scenario.keyword,
        description=scenario.description,
        rule=scenario.rule,
        tags=list(scenario.tags),
        examples=dict(scenario.examples),
        steps=[
            StepRecord(
                keyword=step.keyword,
                text=step.text,
                line=step.line,
                kind=step.kind,
                background=step.background,
                docstring=step.docstring,
                media_type=step.media_type,
                datatable=step.datatable,
            )
            for step in scenario.steps
        ],
    )


@lru_cache(maxsize=256)
def _feature(path: Path, uri: str, source: str) -> Feature:
    try:
        tree = parse(source, uri)
    except GherkinError as error:
        # One line for each mistake: ``file:line:column: what``.
        lines = (f"  {uri}:{mistake.line}:{mistake.column}: {mistake.message}" for mistake in error.mistakes)
        raise LessonError("\n".join([f"{uri} is not Gherkin:", *lines])) from None
    feature = tree.feature
    if feature is None:
        raise LessonError(f'{uri} has no feature: it should begin with "Feature:" and a name')
    scenarios = tree.scenarios
    if rowless := [(table, section.name) for section in tree.sections for table in section.idle]:
        text = '{}:{}: these {} of "{}" have no rows: nothing would run'
        raise LessonError("\n".join(text.format(uri, table.line, table.keyword, name) for table, name in rowless))
    if not scenarios:
        raise LessonError(f"{uri} has no scenario to run")
    if idle := next((scenario for scenario in scenarios if not scenario.steps), None):
        raise LessonError(f'{uri}:{idle.line}: scenario "{idle.name}" has no steps: it would pass and prove nothing')
    return Feature(
        name=feature.name,
        path=path,
        scenarios=scenarios,
        uri=uri,
        keyword=feature.keyword,
        description=feature.flush_description,
        language=feature.language,
        line=feature.line,
        tags=tuple(tag.name for tag in feature.tags),
        source=source,
    )


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LessonError(f"feature {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise LessonError(f"feature {path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    if "\0" in text:
        raise LessonError(f"feature {path} is no text: it contains a zero byte")
    return text
