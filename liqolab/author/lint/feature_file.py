"""A feature file with the place of everything in it, and what the vocabulary makes of each sentence.

`liqolab.scenario.feature` gives a run what it needs; rules also need columns, raw lines, tags in place, what stands in
a Background, and outlines before their rows are filled in. Both read with gherkin-official.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from gherkin.errors import CompositeParserException, ParserException
from gherkin.parser import Parser

from liqolab.author.lint.finding import Spot
from liqolab.author.lint.rule import Checks
from liqolab.author.lint.source import Source
from liqolab.scenario.runner import REACHED
from liqolab.steps.registry import AmbiguousStepError, Registry, Step, UndefinedStepError
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY

_KINDS = {"Context": "given", "Action": "when", "Outcome": "then"}


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag, with its ``@``."""

    name: str
    line: int
    column: int


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
    step: Step | None
    arguments: dict[str, Any]
    error: LookupError | None


@dataclass(slots=True)
class FeatureStep:
    """One step as written; `kind` is what it counts as behind "and" and "but"."""

    line: int
    column: int
    text_column: int
    keyword: str
    kind: str
    text: str
    docstring: str | None
    media_type: str
    docstring_line: int
    table: list[list[tuple[str, int, int]]] | None
    sentences: list[Sentence] = field(default_factory=list)


@dataclass(slots=True)
class Column:
    """One column of a table of examples."""

    name: str
    line: int
    column: int
    values: list[str]


@dataclass(slots=True)
class Section:
    """A Background, or a Scenario with its tables of examples; `last_line` is the last one that belongs to it."""

    keyword: str
    name: str
    line: int
    column: int
    description: list[tuple[int, str]]
    steps: list[FeatureStep]
    tags: list[Tag] = field(default_factory=list)
    examples: list[list[Column]] = field(default_factory=list)
    is_outline: bool = False
    above: list[FeatureStep] = field(default_factory=list)
    last_line: int = 0

    @property
    def first_line(self) -> int:
        """The line of the first tag, or of the keyword."""
        return min([self.line, *(tag.line for tag in self.tags)])

    @property
    def step_ids(self) -> list[str]:
        """The lesson's steps that the tags name."""
        return [tag.name.removeprefix("@step:") for tag in self.tags if tag.name.startswith("@step:")]


class FeatureSyntaxError(ValueError):
    """A text that is not Gherkin; `spots` says where and why."""

    def __init__(self, spots: list[Spot]) -> None:
        super().__init__(spots[0].message)
        self.spots = spots


class FeatureFile:
    """One parsed feature.

    Attributes:
        default_cluster: whether whoever plays it sets a cluster for sentences that name none.
    """

    def __init__(self, source: Source, registry: Registry = REGISTRY) -> None:
        """Parse `source`.

        Raises:
            FeatureSyntaxError: it is not Gherkin.
        """
        self.source = source
        self.registry = registry
        self.document: dict[str, Any] = parse(source.text)
        feature: dict[str, Any] | None = self.document.get("feature")
        self.feature = feature
        self.language: str = feature["language"] if feature else "en"
        self.tags = _tags(feature) if feature else []
        self.backgrounds: list[Section] = []
        self.scenarios: list[Section] = []
        if feature:
            self._collect(feature["children"], [])
            self._end_sections()

    @cached_property
    def lines(self) -> list[str]:
        return self.source.lines

    @property
    def sections(self) -> list[Section]:
        """Backgrounds and scenarios in the order of the file."""
        return sorted([*self.backgrounds, *self.scenarios], key=lambda section: section.line)

    def steps(self) -> Iterator[tuple[Section, FeatureStep]]:
        """Every step with the section in which it stands."""
        for section in self.sections:
            for step in section.steps:
                yield section, step

    def sentences(self) -> Iterator[tuple[FeatureStep, Sentence]]:
        """Every sentence that a run would say, the rows of outlines filled in."""
        for _, step in self.steps():
            for sentence in step.sentences:
                yield step, sentence

    def _collect(self, children: list[dict[str, Any]], above: list[FeatureStep]) -> None:
        for child in children:
            if "background" in child:
                section = self._section(child["background"], above)
                self.backgrounds.append(section)
                above = [*above, *section.steps]
            elif "scenario" in child:
                self.scenarios.append(self._section(child["scenario"], above))
            else:
                self._collect(child["rule"]["children"], above)

    def _section(self, node: dict[str, Any], above: list[FeatureStep]) -> Section:
        line = node["location"]["line"]
        description = node.get("description") or ""
        # The parser drops blank lines between the keyword and the description.
        start = line
        while description and start < len(self.lines) and not self.lines[start].strip():
            start += 1
        examples = [_columns(table) for table in node.get("examples", ()) if "tableHeader" in table]
        section = Section(
            keyword=node["keyword"],
            name=node["name"],
            line=line,
            column=node["location"]["column"],
            description=[(start + 1 + index, text) for index, text in enumerate(description.split("\n"))],
            steps=[],
            tags=_tags(node),
            examples=examples,
            is_outline="Outline" in node["keyword"] or "Template" in node["keyword"] or bool(node.get("examples")),
            above=above,
        )
        kind = above[-1].kind if above else "given"
        for entry in node["steps"]:
            kind = _KINDS.get(entry.get("keywordType", ""), kind)
            section.steps.append(self._step(entry, kind, examples))
        return section

    def _step(self, entry: dict[str, Any], kind: str, examples: list[list[Column]]) -> FeatureStep:
        location, docstring, table = entry["location"], entry.get("docString"), entry.get("dataTable")
        raw = self.lines[location["line"] - 1]
        text_column = raw.find(entry["text"], location["column"] - 1 + len(entry["keyword"].rstrip())) + 1
        cells = [
            [(cell["value"], cell["location"]["line"], cell["location"]["column"]) for cell in row["cells"]]
            for row in (table["rows"] if table else ())
        ]
        step = FeatureStep(
            line=location["line"],
            column=location["column"],
            text_column=text_column or location["column"],
            keyword=entry["keyword"].strip(),
            kind=kind,
            text=entry["text"],
            docstring=docstring["content"] if docstring else None,
            media_type=(docstring.get("mediaType") or "") if docstring else "",
            docstring_line=docstring["location"]["line"] if docstring else 0,
            table=cells if table else None,
        )
        step.sentences = [self._sentence(step, row) for row in _rows(examples)]
        return step

    def _sentence(self, step: FeatureStep, row: dict[str, str]) -> Sentence:
        def fill(text: str) -> str:
            for name, value in row.items():
                text = text.replace(f"<{name}>", value)
            return text

        text = StepText(
            kind=step.kind,
            keyword=step.keyword,
            text=fill(step.text),
            docstring=fill(step.docstring) if step.docstring is not None else None,
            datatable=[[fill(value) for value, _, _ in cells] for cells in step.table] if step.table else None,
            line=step.line,
            path=self.source.name,
        )
        if REACHED.fullmatch(text.text):
            return Sentence(text, None, {}, None)
        try:
            found, arguments = self.registry.find(text.text)
        except (UndefinedStepError, AmbiguousStepError) as error:
            return Sentence(text, None, {}, error)
        return Sentence(text, found, arguments, None)

    def _end_sections(self) -> None:
        sections = self.sections
        for section, following in pairwise(sections):
            section.last_line = following.first_line - 1
        if sections:
            sections[-1].last_line = len(self.lines)


FEATURE_CHECKS = Checks[FeatureFile]("feature")
feature_rule = FEATURE_CHECKS.rule
"""Makes a rule of a function that looks at one feature."""


def parse(text: str) -> dict[str, Any]:
    """The parser's document.

    Raises:
        FeatureSyntaxError: it is not Gherkin.
    """
    try:
        document: dict[str, Any] = Parser().parse(text)
    except CompositeParserException as error:
        raise FeatureSyntaxError([_spot(part) for part in error.errors]) from None
    except ParserException as error:
        raise FeatureSyntaxError([_spot(error)]) from None
    return document


def _spot(error: ParserException) -> Spot:
    message = str(error.args[0]).partition("): ")[2]
    expected, separator, got = message.partition(", got ")
    if separator:
        # The list of everything that could stand there helps nobody.
        message = f"this line does not fit here: {got}"
    elif expected.startswith("unexpected end of file"):
        message = "the file ends in the middle of something"
    return Spot(error.location["line"], error.location.get("column") or 1, message)


def _tags(node: dict[str, Any]) -> list[Tag]:
    return [Tag(tag["name"], tag["location"]["line"], tag["location"]["column"]) for tag in node.get("tags", ())]


def _columns(table: dict[str, Any]) -> list[Column]:
    rows = [[cell["value"] for cell in row["cells"]] for row in table.get("tableBody", ())]
    return [
        Column(cell["value"], cell["location"]["line"], cell["location"]["column"], [row[index] for row in rows])
        for index, cell in enumerate(table["tableHeader"]["cells"])
    ]


def _rows(examples: list[list[Column]]) -> list[dict[str, str]]:
    """What the outline's rows fill in; one empty row where there is no table."""
    rows = [
        {column.name: column.values[index] for column in table}
        for table in examples
        for index in range(len(table[0].values) if table else 0)
    ]
    return rows or [{}]
