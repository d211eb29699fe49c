"""What a rule is, and the decorators that put one into the table.

A rule's text is part of the program: `liqolab lint --rules` prints it, SARIF carries it, and the reference page is made
of it. The two examples are real: tests lint them, the bad one for the finding and the good one for its absence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from liqolab.author.lint.finding import Severity, Spot

if TYPE_CHECKING:
    from liqolab.author.lint.feature_file import FeatureFile
    from liqolab.author.lint.lesson_folder import LessonFolder

Scope = Literal["file", "feature", "lesson"]
FeatureCheck = Callable[["FeatureFile"], Iterable[Spot]]
LessonCheck = Callable[["LessonFolder"], Iterable[Spot]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the table.

    Attributes:
        id: what reports, `--select` and ``# liqolab: ignore`` call it.
        what: one sentence about what must not be.
        why: what goes wrong otherwise.
        bad, good: an example of each; empty where a rule is about files as a whole.
        fixable: whether `--fix` mends it.
    """

    id: str
    scope: Scope
    severity: Severity
    what: str
    why: str
    bad: str = ""
    good: str = ""
    fixable: bool = False


class Table:
    """All rules of one kind, each with its function, in the order in which they were written."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.feature_checks: list[tuple[Rule, FeatureCheck]] = []
        self.lesson_checks: list[tuple[Rule, LessonCheck]] = []

    def declare(self, rule: Rule) -> Rule:
        """Add a rule that has no function of its own: reading the file finds it."""
        assert rule.id not in self.rules, f"two rules are called {rule.id}"
        self.rules[rule.id] = rule
        return rule

    def feature(
        self,
        id: str,
        *,
        what: str,
        why: str,
        bad: str = "",
        good: str = "",
        severity: Severity = "error",
        fixable: bool = False,
    ) -> Callable[[FeatureCheck], FeatureCheck]:
        """Register the decorated function, which looks at one feature."""

        def register(check: FeatureCheck) -> FeatureCheck:
            rule = self.declare(Rule(id, "feature", severity, what, why, bad, good, fixable))
            self.feature_checks.append((rule, check))
            return check

        return register

    def lesson(
        self, id: str, *, what: str, why: str, bad: str = "", good: str = "", severity: Severity = "error"
    ) -> Callable[[LessonCheck], LessonCheck]:
        """Register the decorated function, which looks at one lesson."""

        def register(check: LessonCheck) -> LessonCheck:
            rule = self.declare(Rule(id, "lesson", severity, what, why, bad, good))
            self.lesson_checks.append((rule, check))
            return check

        return register


TABLE = Table()
feature_rule, lesson_rule = TABLE.feature, TABLE.lesson
