"""The syntax tree of a feature that was recorded, for the formats that show one.

Records keep what ran and where it stands; Cucumber's formats also want the tree around it. It is parsed again from the
recorded source, so that a record need not carry it. A source that cannot be parsed (a record from elsewhere, a source
that was shortened) gives an empty tree, and the formats fall back on what the record knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gherkin.ast_builder import AstBuilder
from gherkin.errors import CompositeParserException, ParserException
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from gherkin.stream.id_generator import IdGenerator

from liqolab.report.record import FeatureRecord

Document = dict[str, Any]


@dataclass(slots=True)
class Syntax:
    """What gherkin-official makes of one feature file.

    Attributes:
        document: its syntax tree; empty when it is not Gherkin.
        pickles: what can be run, by line of the scenario and line of the row of examples (0 for none).
        backgrounds: the Background that a step stands in, by the step's line.
        docstrings: where a step's text block begins, by the step's line.
    """

    document: Document = field(default_factory=dict)
    pickles: dict[tuple[int, int], Document] = field(default_factory=dict)
    backgrounds: dict[int, Document] = field(default_factory=dict)
    docstrings: dict[int, int] = field(default_factory=dict)


def parse(feature: FeatureRecord, ids: IdGenerator | None = None) -> Syntax:
    """The tree of a recorded feature; `ids` keeps the ids of several of them apart."""
    ids = ids or IdGenerator()
    try:
        document: Document = dict(Parser(AstBuilder(ids)).parse(feature.source))
    except (CompositeParserException, ParserException):
        return Syntax()
    if not document.get("feature"):
        return Syntax()
    document["uri"] = feature.uri
    syntax = Syntax(document)
    lines: dict[str, int] = {}
    for parent in _parents(document["feature"]):
        lines[parent["id"]] = parent["location"]["line"]
        for step in parent["steps"]:
            line = step["location"]["line"]
            if "examples" not in parent:
                syntax.backgrounds[line] = parent
            if "docString" in step:
                syntax.docstrings[line] = step["docString"]["location"]["line"]
        rows = (row for table in parent.get("examples", ()) for row in table["tableBody"])
        lines.update({row["id"]: row["location"]["line"] for row in rows})
    for pickle in Compiler(ids).compile(document):
        scenario, *row = (lines[id_] for id_ in pickle["astNodeIds"])
        syntax.pickles[scenario, row[0] if row else 0] = dict(pickle)
    return syntax


def _parents(container: Document) -> Iterator[Document]:
    """Backgrounds and scenarios in the order of the file."""
    for child in container["children"]:
        if "rule" in child:
            yield from _parents(child["rule"])
        else:
            yield child.get("background") or child["scenario"]
