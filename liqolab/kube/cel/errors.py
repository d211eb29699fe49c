"""What goes wrong with an expression: when it is written (`CompileError`) and when it is run (`EvaluationError`)."""

from __future__ import annotations

from dataclasses import dataclass

NO_OVERLOAD = "no such overload"
COST_EXCEEDED = "operation cancelled: actual cost limit exceeded"


class EvaluationError(Exception):
    """An expression has no value: a missing key, a division by zero. ``||``, ``&&`` and the like may absorb it."""


class BudgetExceededError(Exception):
    """An expression did more work than it may. Nothing absorbs it."""

    def __init__(self) -> None:
        super().__init__(COST_EXCEEDED)


def no_overload() -> EvaluationError:
    """Arguments that no variant of a function takes, found at run time because their types were not known before."""
    return EvaluationError(NO_OVERLOAD)


@dataclass(frozen=True, slots=True)
class Issue:
    """One mistake.

    Attributes:
        offset: where, in characters from the start of the source.
        message: what.
    """

    offset: int
    message: str

    def render(self, source: str) -> str:
        """The mistake with its line and a mark below, as CEL's tools print it."""
        before = source[: self.offset]
        line = before.count("\n")
        column = len(before) - (before.rfind("\n") + 1)
        text = source.split("\n")[line].replace("\t", " ")
        dots = "".join("．" if ord(character) > 127 else "." for character in text[:column])
        mark = "＾" if column < len(text) and ord(text[column]) > 127 else "^"
        return f"ERROR: <input>:{line + 1}:{column + 1}: {self.message}\n | {text}\n | {dots}{mark}"


class InstantiationError(Exception):
    """An expression with a constant that cannot be what it is converted to."""


class CompileError(Exception):
    """An expression that cannot be run; its text shows every mistake."""

    def __init__(self, source: str, issues: list[Issue]) -> None:
        self.issues = sorted(issues, key=lambda issue: issue.offset)
        super().__init__("\n".join(issue.render(source) for issue in self.issues))
