"""A place in shell text: what stands there is looked at, taken or missed; blanks and here-documents are passed over."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"(?:[ \t\r]|\\\n)+|#[^\n]*")
_LINE_END = re.compile("\n")


class Scanner:
    """Goes through a text once.

    Attributes:
        at: where it has got to.
        open: whether the text ended within something.
        wrong: the first thing that no shell takes, and `wrong_at` where.
    """

    def __init__(self, text: str, at: int = 0) -> None:
        self.at = at
        self.open = False
        self.wrong, self.wrong_at = "", 0
        self._text = text
        self._here_documents: list[tuple[str, bool]] = []

    def _at_end(self) -> bool:
        return self.at >= len(self._text)

    def _peek(self, expression: re.Pattern[str]) -> str:
        found = expression.match(self._text, self.at)
        return found[0] if found is not None else ""

    def _take(self, expression: re.Pattern[str]) -> str:
        found = self._peek(expression)
        self.at += len(found)
        return found

    def _expect(self, what: str) -> bool:
        if self._text.startswith(what, self.at):
            self.at += len(what)
            return True
        self._miss(what)
        return False

    def _miss(self, what: str) -> None:
        if self._at_end():
            self.open = True
        else:
            self._fail(f"{self._text[self.at]} instead of {what}")

    def _fail(self, what: str) -> None:
        if not self.wrong:
            self.wrong, self.wrong_at = what, self.at

    def _skip_blanks(self, *, lines: bool = False) -> None:
        while True:
            if blanks := self._take(_BLANKS):
                self.open |= self._at_end() and blanks.endswith("\\\n")
            elif lines and self._take(_LINE_END):
                self._skip_here_documents()
            else:
                return

    def _skip_here_documents(self) -> None:
        """The texts that begin with this line."""
        for delimiter, indented in self._here_documents:
            line = None
            while line != delimiter:
                self.open |= self._at_end()
                if self._at_end():
                    break
                end = self._text.find("\n", self.at)
                line = self._text[self.at : end if end >= 0 else None]
                self.at = min(self.at + len(line) + 1, len(self._text))
                line = line.lstrip("\t") if indented else line
        self._here_documents.clear()
