"""What a rule is, what it finds, and the table of all rules; it knows nothing of the files that they look at.

A rule's text is part of the program: `liqolab lint --rules` prints it, SARIF carries it, and the reference page is made
of it. The two examples are real: tests lint them, the bad one for the finding and the good one for its absence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Target = TypeVar("Target")

Scope = Literal["file", "feature", "lesson"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the file that a rule looks at, and what is wrong there.

    Attributes:
        line, column: counted from 1.
        path: another file than the one that is looked at, relative to the lesson's folder; empty for the same file.
    """

    line: int
    column: int
    message: str
    path: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One line of a report; `path` is as people would name it from where they stand."""

    path: str
    line: int
    column: int
    rule: str
    message: str
    severity: Severity = "error"
    fixable: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column} {self.rule} {self.message}"


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


RULES: dict[str, Rule] = {}
"""Every rule by its id, in the order in which they were written; complete once `catalogue` is imported."""


def declare(rule: Rule) -> Rule:
    """Add a rule to the table; one that has no function of its own is found by whoever reads the file."""
    assert rule.id not in RULES, f"two rules are called {rule.id}"
    RULES[rule.id] = rule
    return rule


class Checks(Generic[Target]):
    """The rules about one kind of target, each with the function that looks at it, in the order of their writing."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.all: list[tuple[Rule, Callable[[Target], Iterable[Spot]]]] = []

    def rule(
        self,
        id: str,
        *,
        what: str,
        why: str,
        bad: str = "",
        good: str = "",
        severity: Severity = "error",
        fixable: bool = False,
    ) -> Callable[[Callable[[Target], Iterable[Spot]]], Callable[[Target], Iterable[Spot]]]:
        """Register the decorated function."""
        rule = declare(Rule(id, self._scope, severity, what, why, bad, good, fixable))

        def register(check: Callable[[Target], Iterable[Spot]]) -> Callable[[Target], Iterable[Spot]]:
            self.all.append((rule, check))
            return check

        return register


def example(*steps: str) -> str:
    """A feature of one scenario, as an example of a rule."""
    return "Feature: F\n\n  Scenario: S\n" + "".join(f"    {step}\n" for step in steps)
