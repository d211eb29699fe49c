"""A feature file as plain values: scenarios in order, steps with their docstrings and tables.

The parser is gherkin-official, the same that pytest-bdd uses, so both runs read one truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gherkin.errors import CompositeParserException
from gherkin.parser import Parser

from liqolab.scenario.library import LessonError
from liqolab.steps.text import StepText

_STEP_TAG = "@step:"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario; `step` is the id of the lesson's step that its tag names."""

    name: str
    step: str
    steps: tuple[StepText, ...]
    line: int

    @property
    def commands(self) -> list[str]:
        """The docstrings that a learner types."""
        return [part.docstring for part in self.steps if part.kind == "when" and part.docstring is not None]


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature and its scenarios."""

    name: str
    path: Path
    scenarios: tuple[Scenario, ...]


def load_feature(path: Path) -> Feature:
    """Read a feature file.

    Raises:
        LessonError: it is missing or is not Gherkin.
    """
    try:
        document: dict[str, Any] = Parser().parse(path.read_text())
    except OSError as error:
        raise LessonError(f"feature {path} cannot be read: {error.strerror}") from None
    except CompositeParserException as error:
        raise LessonError(f"feature {path}: {error}") from None
    feature = document.get("feature")
    if not feature:
        raise LessonError(f"feature {path} is empty")
    scenarios = [child["scenario"] for child in feature["children"] if "scenario" in child]
    return Feature(feature["name"], path, tuple(_scenario(entry, f"features/{path.name}") for entry in scenarios))


def _scenario(entry: dict[str, Any], path: str) -> Scenario:
    tags = [tag["name"] for tag in entry["tags"]]
    step = next((tag.removeprefix(_STEP_TAG) for tag in tags if tag.startswith(_STEP_TAG)), "")
    steps: list[StepText] = []
    kind = "given"
    for part in entry["steps"]:
        keyword = part["keyword"].strip()
        kind = {"Context": "given", "Action": "when", "Outcome": "then"}.get(part.get("keywordType", ""), kind)
        docstring = part["docString"]["content"] if "docString" in part else None
        table = part.get("dataTable")
        rows = [[cell["value"] for cell in row["cells"]] for row in table["rows"]] if table else None
        steps.append(StepText(kind, keyword, part["text"], docstring, rows, part["location"]["line"], path))
    return Scenario(entry["name"], step, tuple(steps), entry["location"]["line"])
