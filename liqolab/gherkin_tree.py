"""What a Gherkin file says: one immutable tree, with the place of everything in it.

The parser and the compiler of pickles are gherkin-official's, the same that pytest-bdd and Cucumber use: Backgrounds,
Rules, outlines with several tables of examples, inherited tags and languages mean here what they mean there. Whoever
plays, judges, lays out or reports a feature reads this tree, so that all of them read the same; a text is parsed once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gherkin.ast_builder import AstBuilder
from gherkin.dialect import Dialect
from gherkin.errors import CompositeParserException, ParserException
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from gherkin.stream.id_generator import IdGenerator

from liqolab.steps.text import StepText

Document = dict[str, Any]

STEP_TAG = "@step:"
"""How the tag begins that names a lesson's step."""

_KINDS = {"Context": "given", "Action": "when", "Outcome": "then"}


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag, with its ``@``."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table."""

    value: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    cells: tuple[Cell, ...]
    line: int

    @property
    def values(self) -> list[str]:
        return [cell.value for cell in self.cells]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A docstring; `media_type` stands behind its opening quotes, which are the `delimiter`."""

    content: str
    media_type: str
    delimiter: str
    line: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step as written.

    Attributes:
        kind: ``given``, ``when`` or ``then``; "and", "but" and ``*`` take that of the step before.
        keyword: without the blank behind it.
        text_column: where the text behind the keyword begins.
        table: empty where there is none.
    """

    kind: str
    keyword: str
    text: str
    block: TextBlock | None
    table: tuple[Row, ...]
    line: int
    column: int
    text_column: int


@dataclass(frozen=True, slots=True)
class Part:
    """What has a keyword, a name and a description, which begins in `description_line`."""

    keyword: str
    name: str
    description: str
    tags: tuple[Tag, ...]
    line: int
    column: int
    description_line: int

    @property
    def flush_description(self) -> str:
        """The description without the indentation that it has in the file."""
        return "\n".join(line.strip() for line in self.description.strip().splitlines())

    @property
    def first_line(self) -> int:
        """The line of the first tag, or of the keyword."""
        return min([self.line, *(tag.line for tag in self.tags)])


@dataclass(frozen=True, slots=True)
class Rule(Part):
    """A Rule; its sections name it."""


@dataclass(frozen=True, slots=True)
class Examples(Part):
    """One table of examples; without a header there are no rows either."""

    header: Row | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Section(Part):
    """A Background, or a Scenario with its tables of examples; `above` are the steps of the Backgrounds before it."""

    rule: Rule | None
    is_background: bool
    above: tuple[Step, ...]
    steps: tuple[Step, ...]
    examples: tuple[Examples, ...]

    @property
    def is_outline(self) -> bool:
        return "Outline" in self.keyword or "Template" in self.keyword or bool(self.examples)

    @property
    def idle(self) -> tuple[Examples, ...]:
        """Tables of examples from which nothing runs: they have no rows."""
        return tuple(table for table in self.examples if not table.rows)


@dataclass(frozen=True, slots=True)
class Feature(Part):
    """The feature; `sections` are those of its rules as well, in the order of the file."""

    language: str
    rules: tuple[Rule, ...]
    sections: tuple[Section, ...]


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
    """One scenario, or one row of an outline, ready to be played: what gherkin-official calls a pickle.

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
    def place(self) -> tuple[int, int]:
        """Where it stands in its file; unique there."""
        return self.line, self.row

    @property
    def commands(self) -> list[str]:
        """The docstrings that a learner types."""
        return [part.docstring for part in self.steps if part.kind == "when" and part.docstring is not None]


@dataclass(frozen=True, slots=True)
class Tree:
    """One file.

    Attributes:
        lines: as Gherkin counts them: ended by a line feed only, and without it.
        feature: None for a file with nothing in it, or only comments.
        comments: their lines.
    """

    lines: tuple[str, ...]
    feature: Feature | None
    comments: tuple[int, ...]
    scenarios: tuple[Scenario, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        return self.feature.sections if self.feature else ()


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where a text is not Gherkin, and what the parser says of it."""

    line: int
    column: int
    message: str


class GherkinError(ValueError):
    """A text that is not Gherkin; `mistakes` says where and why."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(mistakes[0].message)
        self.mistakes = mistakes


@lru_cache(maxsize=256)
def parse(text: str, uri: str = "") -> Tree:
    """The tree of a text; `uri` is the file as people would name it.

    Raises:
        GherkinError: it is not Gherkin.
    """
    document, pickles = numbered(text, uri, IdGenerator())
    reader = _Reader(text)
    feature = reader.feature(document["feature"]) if document.get("feature") else None
    comments = sorted(comment["location"]["line"] for comment in document.get("comments", ()))
    return Tree(reader.lines, feature, tuple(comments), tuple(reader.scenario(pickle) for pickle in pickles))


def numbered(text: str, uri: str, ids: IdGenerator) -> tuple[Document, list[Document]]:
    """The parser's own document and pickles, as Cucumber's messages carry them, with ids that come from `ids`.

    Raises:
        GherkinError: it is not Gherkin.
    """
    try:
        document: Document = Parser(AstBuilder(ids)).parse(text)
    except (CompositeParserException, ParserException) as error:
        raise GherkinError([_mistake(part) for part in getattr(error, "errors", None) or [error]]) from None
    if not document.get("feature"):
        return document, []
    document["uri"] = uri
    return document, Compiler(ids).compile(document)


def step_keywords(language: str) -> list[str]:
    """The keywords of steps in a language, with the blanks that belong to them; none for one that is unknown."""
    dialect = Dialect.for_name(language)
    if dialect is None:
        return []
    return [
        *dialect.given_keywords,
        *dialect.when_keywords,
        *dialect.then_keywords,
        *dialect.and_keywords,
        *dialect.but_keywords,
    ]


class _Reader:
    """Turns the parser's dictionaries into the tree, and remembers by id what pickles point to."""

    def __init__(self, text: str) -> None:
        self.lines = tuple(text.split("\n"))
        self._sections: dict[str, Section] = {}
        self._steps: dict[str, tuple[Step, bool]] = {}
        self._rows: dict[str, tuple[Row, Row]] = {}

    def feature(self, node: Document) -> Feature:
        rules = tuple(Rule(**self._part(child["rule"])) for child in node["children"] if "rule" in child)
        sections = tuple(self._below(node["children"], (), None, iter(rules)))
        return Feature(**self._part(node), language=node["language"], rules=rules, sections=sections)

    def scenario(self, pickle: Document) -> Scenario:
        section, *row = pickle["astNodeIds"]
        node = self._sections[section]
        header, values = self._rows[row[0]] if row else (None, None)
        tags = tuple(tag["name"] for tag in pickle["tags"])
        return Scenario(
            name=pickle["name"],
            step=next((tag.removeprefix(STEP_TAG) for tag in tags if tag.startswith(STEP_TAG)), ""),
            steps=tuple(self._feature_step(step, pickle["uri"]) for step in pickle["steps"]),
            line=node.line,
            row=values.line if values else 0,
            keyword=node.keyword,
            description=node.flush_description,
            tags=tags,
            rule=node.rule.name if node.rule else "",
            examples=tuple(zip(header.values, values.values, strict=True)) if header and values else (),
        )

    def _feature_step(self, node: Document, uri: str) -> FeatureStep:
        step, background = self._steps[node["astNodeIds"][0]]
        argument = node.get("argument", {})
        block, rows = argument.get("docString", {}), argument.get("dataTable", {}).get("rows", ())
        return FeatureStep(
            kind=step.kind,
            keyword=step.keyword,
            text=node["text"],
            docstring=block.get("content"),
            datatable=[[cell["value"] for cell in row["cells"]] for row in rows] or None,
            line=step.line,
            path=uri,
            media_type=block.get("mediaType", ""),
            background=background,
        )

    def _below(
        self, children: list[Document], above: tuple[Step, ...], rule: Rule | None, rules: Iterator[Rule]
    ) -> Iterator[Section]:
        for child in children:
            if "rule" in child:
                yield from self._below(child["rule"]["children"], above, next(rules), rules)
                continue
            section = self._section(child, above, rule)
            yield section
            if section.is_background:
                above = (*above, *section.steps)

    def _section(self, child: Document, above: tuple[Step, ...], rule: Rule | None) -> Section:
        is_background = "background" in child
        node: Document = child["background" if is_background else "scenario"]
        kind, steps = above[-1].kind if above else "given", []
        for entry in node["steps"]:
            # "*" says nothing of its own; like "And" it goes on with what was before.
            kind = _KINDS.get(entry.get("keywordType", ""), kind)
            steps.append(self._step(entry, kind))
            self._steps[entry["id"]] = steps[-1], is_background
        examples = tuple(self._examples(table) for table in node.get("examples", ()))
        section = Section(
            **self._part(node),
            rule=rule,
            is_background=is_background,
            above=above,
            steps=tuple(steps),
            examples=examples,
        )
        self._sections[node["id"]] = section
        return section

    def _step(self, node: Document, kind: str) -> Step:
        line, column = node["location"]["line"], node["location"]["column"]
        keyword, text, block = node["keyword"].strip(), node["text"], node.get("docString")
        return Step(
            kind=kind,
            keyword=keyword,
            text=text,
            block=_block(block) if block else None,
            table=tuple(map(_row, node.get("dataTable", {}).get("rows", ()))),
            line=line,
            column=column,
            text_column=self.lines[line - 1].find(text, column - 1 + len(node["keyword"].rstrip())) + 1 or column,
        )

    def _examples(self, node: Document) -> Examples:
        if "tableHeader" not in node:
            return Examples(**self._part(node), header=None, rows=())
        header, rows = _row(node["tableHeader"]), []
        for entry in node["tableBody"]:
            rows.append(_row(entry))
            self._rows[entry["id"]] = header, rows[-1]
        return Examples(**self._part(node), header=header, rows=tuple(rows))

    def _part(self, node: Document) -> Document:
        """The fields of a `Part`."""
        line, description = node["location"]["line"], node.get("description") or ""
        # The parser drops blank lines between the keyword and the description.
        start = line
        while description and start < len(self.lines) and not self.lines[start].strip():
            start += 1
        return {
            "keyword": node["keyword"],
            "name": node["name"],
            "description": description,
            "tags": tuple(Tag(tag["name"], **tag["location"]) for tag in node.get("tags", ())),
            **node["location"],
            "description_line": start + 1,
        }


def _row(node: Document) -> Row:
    return Row(tuple(Cell(cell["value"], **cell["location"]) for cell in node["cells"]), node["location"]["line"])


def _block(node: Document) -> TextBlock:
    return TextBlock(node["content"], node.get("mediaType") or "", node["delimiter"], node["location"]["line"])


def _mistake(error: ParserException) -> Mistake:
    text = str(error)
    return Mistake(error.location["line"], error.location.get("column") or 1, text.partition("): ")[2] or text)
