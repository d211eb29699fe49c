"""A feature file as plain values: scenarios in order, steps with their docstrings and tables.

The parser and the compiler of pickles are gherkin-official's, the same that pytest-bdd and Cucumber use: Backgrounds,
Rules, outlines with several tables of examples, inherited tags and languages mean here what they mean there. Each row
of an outline is a scenario of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gherkin.errors import CompositeParserException, ParserException
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from liqolab.report.record import FeatureRecord, ScenarioRecord, StepRecord
from liqolab.scenario.library import LessonError, data_folder
from liqolab.steps.text import StepText

_STEP_TAG = "@step:"
_KINDS = {"Context": "given", "Action": "when", "Outcome": "then"}


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
    """Read a feature file.

    Raises:
        LessonError: it is missing, is not Gherkin, or has no scenario, or one without steps.
    """
    uri = _uri(path)
    source = _read(path)
    try:
        document: dict[str, Any] = Parser().parse(source)
    except (CompositeParserException, ParserException) as error:
        raise LessonError(f"{uri} is not Gherkin:\n{_explain(uri, error)}") from None
    feature = document.get("feature")
    if not feature:
        raise LessonError(f'{uri} has no feature: it should begin with "Feature:" and a name')
    document["uri"] = uri
    nodes = dict(_nodes(feature))
    scenarios = tuple(_scenario(pickle, nodes, uri) for pickle in Compiler().compile(document))
    if not scenarios:
        raise LessonError(f"{uri} has no scenario to run: it has none at all, or an outline without rows")
    if idle := next((scenario for scenario in scenarios if not scenario.steps), None):
        raise LessonError(f'{uri}:{idle.line}: scenario "{idle.name}" has no steps: it would pass and prove nothing')
    return Feature(
        name=feature["name"],
        path=path,
        scenarios=scenarios,
        uri=uri,
        keyword=feature["keyword"],
        description=_flush(feature["description"]),
        language=feature["language"],
        line=feature["location"]["line"],
        tags=tuple(tag["name"] for tag in feature["tags"]),
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


def _explain(uri: str, error: CompositeParserException | ParserException) -> str:
    """One line for each mistake: ``file:line:column: what``."""
    lines = []
    for part in getattr(error, "errors", None) or [error]:
        place = part.location
        what = str(part).partition("): ")[2] or str(part)
        lines.append(f"  {uri}:{place['line']}:{place.get('column', 1)}: {what}")
    return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of the syntax tree, with what a pickle does not tell of where it stands."""

    entry: dict[str, Any]
    rule: str = ""
    background: bool = False
    header: tuple[str, ...] = ()


def _nodes(parent: dict[str, Any], rule: str = "") -> Iterator[tuple[str, _Node]]:
    """Scenarios, steps and rows of examples by the id that pickles name them with."""
    for child in parent["children"]:
        if "rule" in child:
            yield from _nodes(child["rule"], child["rule"]["name"])
            continue
        background = "background" in child
        entry = child["background"] if background else child["scenario"]
        yield entry["id"], _Node(entry, rule, background)
        for step in entry["steps"]:
            yield step["id"], _Node(step, rule, background)
        for table in entry.get("examples", ()):
            header = tuple(cell["value"] for cell in table.get("tableHeader", {}).get("cells", ()))
            for row in table["tableBody"]:
                yield row["id"], _Node(row, rule, header=header)


def _scenario(pickle: dict[str, Any], nodes: dict[str, _Node], uri: str) -> Scenario:
    node, *rows = (nodes[id_] for id_ in pickle["astNodeIds"])
    tags = tuple(tag["name"] for tag in pickle["tags"])
    examples = [
        (column, cell["value"]) for row in rows for column, cell in zip(row.header, row.entry["cells"], strict=True)
    ]
    return Scenario(
        name=pickle["name"],
        step=next((tag.removeprefix(_STEP_TAG) for tag in tags if tag.startswith(_STEP_TAG)), ""),
        steps=tuple(_steps(pickle, nodes, uri)),
        line=node.entry["location"]["line"],
        row=rows[0].entry["location"]["line"] if rows else 0,
        keyword=node.entry["keyword"],
        description=_flush(node.entry["description"]),
        tags=tags,
        rule=node.rule,
        examples=tuple(examples),
    )


def _steps(pickle: dict[str, Any], nodes: dict[str, _Node], uri: str) -> Iterator[FeatureStep]:
    kind = "given"
    for part in pickle["steps"]:
        node = nodes[part["astNodeIds"][0]]
        # "*" says nothing of its own; like "And" it goes on with what was before.
        kind = _KINDS.get(part.get("type", ""), kind)
        argument = part.get("argument", {})
        docstring = argument.get("docString")
        table = argument.get("dataTable")
        yield FeatureStep(
            kind=kind,
            keyword=node.entry["keyword"].strip(),
            text=part["text"],
            docstring=docstring["content"] if docstring else None,
            datatable=[[cell["value"] for cell in row["cells"]] for row in table["rows"]] if table else None,
            line=node.entry["location"]["line"],
            path=uri,
            media_type=docstring.get("mediaType", "") if docstring else "",
            background=node.background,
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
