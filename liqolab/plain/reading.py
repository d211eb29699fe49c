"""Reads what the learner types: lines from a terminal, a pipe or a file, without any line editing of its own."""

from __future__ import annotations

from typing import TextIO

from liqolab.learn.texts import Texts
from liqolab.plain.printing import Printer
from liqolab.shelltext.reader import read


class EndOfInputError(EOFError):
    """There is nothing more to read."""


class Reader:
    """One input.

    Attributes:
        interactive: whether a person types.
    """

    def __init__(self, stream: TextIO, printer: Printer, texts: Texts) -> None:
        self.interactive = stream.isatty()
        self._stream = stream
        self._printer = printer
        self._texts = texts

    def line(self, prompt: str) -> str:
        """A line without its end.

        Raises:
            EndOfInputError: there is none.
        """
        self._printer.prompt(prompt)
        text = self._stream.readline()
        if not self.interactive:
            # Nobody has seen what was typed, and a log should tell.
            self._printer.echo(text)
        if not text:
            raise EndOfInputError
        return text.rstrip("\r\n")

    def shell_text(self, first: str) -> str:
        """The whole of a shell command of which `first` is the beginning, up to where a shell would wait for no more;
        after nothing, all lines up to an empty one.
        """
        if not first.strip():
            self._printer.line(self._texts("plain.multiline"))
            lines: list[str] = []
            while line := self.line(self._texts("plain.more")):
                lines.append(line)
            return "\n".join(lines)
        lines = [first]
        while read("\n".join(lines)).waits:
            lines.append(self.line(self._texts("plain.more")))
        return "\n".join(lines)

    def agrees(self, question: str) -> bool:
        """Ask a person; a script has made up its mind."""
        if not self.interactive:
            return True
        answer = self.line(self._texts("plain.confirm", question=question))
        return answer.strip().lower() in self._texts("plain.confirmed").split()
