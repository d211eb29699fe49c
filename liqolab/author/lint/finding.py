"""What a rule found, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
