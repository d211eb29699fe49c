"""All rules: importing this module registers every one of them."""

from __future__ import annotations

from liqolab.author.lint import (  # noqa: F401 (each puts its rules into the table)
    contradictions,
    gherkin_sentences,
    gherkin_structure,
    gherkin_words,
    lesson_clusters,
    lesson_content,
    lesson_faces,
    lesson_files,
    lesson_schema,
    lesson_translations,
    source,
    spacing,
    suppression,
)
from liqolab.author.lint.rule import RULES

__all__ = ["RULES"]
