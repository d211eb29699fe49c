"""What a rule is, and the table of all of them; it knows nothing of the files that rules look at.

A rule's text is part of the program: `liqolab lint --rules` prints it, SARIF carries it, and the reference page is made
of it. The two examples are real: tests lint them, the bad one for the finding and the good one for its absence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from liqolab.author.lint.finding import Severity, Spot

Target = TypeVar("Target")

Scope = Literal["file", "feature", "lesson"]


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
