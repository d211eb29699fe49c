"""One step of a feature as written, before anybody knows what it means."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StepText:
    """One sentence with what hangs on it.

    Attributes:
        kind: ``given``, ``when`` or ``then``; "and", "but" and ``*`` take that of the step before.
        keyword: as written, without the blank behind it.
        docstring: the text block, without its quotes and common indentation.
        datatable: rows of cells, the header first.
        line: line number in the feature file, counted from 1; 0 for a sentence that is in no file.
        path: the feature file as people would name it; empty for none.
    """

    kind: str
    keyword: str
    text: str
    docstring: str | None = None
    datatable: list[list[str]] | None = field(default=None)
    line: int = 0
    path: str = ""

    @property
    def sentence(self) -> str:
        """As written: keyword and text."""
        return f"{self.keyword} {self.text}".strip()

    @property
    def location(self) -> str:
        """``features/peer.feature:12``, or nothing where there is no file."""
        return f"{self.path}:{self.line}" if self.path else ""
