"""All rules: importing this module registers every one of them."""

from __future__ import annotations

from liqolab.author.lint import (
    gherkin_sentences,
    gherkin_structure,
    lesson_content,
    lesson_files,
    lesson_schema,
    lesson_translations,
    source,
    spacing,
    suppression,
)
from liqolab.author.lint.rules import TABLE, Rule

__all__ = [
    "RULES",
    "gherkin_sentences",
    "gherkin_structure",
    "lesson_content",
    "lesson_files",
    "lesson_schema",
    "lesson_translations",
    "source",
    "spacing",
    "suppression",
]

RULES: dict[str, Rule] = TABLE.rules
"""Every rule by its id."""
