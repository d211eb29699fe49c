"""``# liqolab: ignore RULE``: findings that an author has looked at and lets stand.

In a feature the comment covers the next line; above a scenario (or its tags) all of the scenario, and above the feature
all of the file. In YAML it covers its own line, or the next one when it stands alone, and in Markdown, written as
``<!-- liqolab: ignore RULE -->``, the next line; in the first line of either it covers the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from liqolab.author.lint.feature_file import FeatureFile
from liqolab.author.lint.rule import RULES, Finding, Rule, declare
from liqolab.author.lint.source import Source

UNKNOWN = declare(
    Rule(
        "ignore-unknown",
        "file",
        "error",
        "A comment that ignores a rule names one that exists.",
        "Otherwise it ignores nothing, and nobody notices.",
    )
)

_COMMENT = re.compile(r"(?:#|<!--)\s*liqolab:\s*ignore\s+([\w-]+(?:\s*,\s*[\w-]+)*)")


@dataclass(frozen=True, slots=True)
class Ignored:
    """One rule from the first to the last line; `place` is where the comment says so."""

    rule: str
    first: int
    last: int
    place: tuple[int, int]

    def covers(self, finding: Finding) -> bool:
        return finding.rule == self.rule and self.first <= finding.line <= self.last


def ignored(source: Source, feature: FeatureFile | None = None) -> list[Ignored]:
    """What the comments of a file let stand; `feature` is the file parsed, where it is one."""
    lines = source.lines
    found = []
    for number, line in enumerate(lines, 1):
        comment = _COMMENT.search(line)
        if comment is None:
            continue
        alone = not line[: comment.start()].strip()
        first, last = _reach(lines, number, alone=alone, feature=feature)
        for rule in re.split(r"\s*,\s*", comment.group(1)):
            found.append(Ignored(rule, first, last, (number, comment.start() + 1)))
    return found


def unknown(source: Source, entries: list[Ignored]) -> list[Finding]:
    """A finding for each comment that names no rule."""
    return [
        Finding(source.name, *entry.place, UNKNOWN.id, f'there is no rule "{entry.rule}"; see: liqolab lint --rules')
        for entry in entries
        if entry.rule not in RULES
    ]


def _reach(lines: list[str], number: int, *, alone: bool, feature: FeatureFile | None) -> tuple[int, int]:
    if not alone:
        return number, number
    below = [line for line in range(number + 1, len(lines) + 1) if lines[line - 1].strip()]
    following = next((line for line in below if not lines[line - 1].lstrip().startswith("#")), number)
    if feature is None:
        return (1, len(lines)) if number == 1 else (number, following)
    if feature.feature is None or following <= feature.feature.line:
        return 1, len(lines)
    ends = [*(section.first_line - 1 for section in feature.sections[1:]), len(lines)]
    for section, end in zip(feature.sections, ends, strict=False):
        if section.first_line <= following <= section.line:
            return section.first_line, end
    return number, following
