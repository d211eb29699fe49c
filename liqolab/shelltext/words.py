"""What shell text consists of: words with their parts, and commands, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a word.

    Attributes:
        kind: ``text``; a ``variable``, also in braces; ``output`` of commands, ``$(…)`` or in backticks; any other
            ``expansion``, such as ``${a:-b}``, ``$((1 + 1))``, ``<(…)`` or the elements of an array.
        raw: as it is written, without quotes.
        text: what a program would get; the name of a variable; as written where only a shell can tell.
        quoted: whether the shell leaves it in one piece, and takes no letter of it for a pattern.
        script: the commands whose output it is.
    """

    kind: Literal["text", "variable", "output", "expansion"]
    raw: str
    text: str
    quoted: bool = False
    script: Script = ()


@dataclass(frozen=True, slots=True)
class Word:
    """One word, quotes included, and where it stands in the text."""

    raw: str
    start: int
    parts: tuple[Part, ...]

    @property
    def end(self) -> int:
        return self.start + len(self.raw)

    @property
    def text(self) -> str:
        """The word without quotes and backslashes; variables and substitutions stay as they are written."""
        return self.expanded({})

    def expanded(self, variables: Mapping[str, str]) -> str:
        """The same with the variables that are known filled in."""
        return "".join(
            variables.get(part.text, part.raw) if part.kind == "variable" else part.text for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class Redirection:
    """``2>/dev/null`` and the like: the descriptor where one is written, the operator, what is behind it."""

    descriptor: str
    operator: str
    target: Word


@dataclass(slots=True, eq=False)
class Command:
    """A program with its arguments, assignments alone, or a compound command.

    Attributes:
        keyword: of a compound command (``for``, ``while``, ``(``, ``function`` …); empty for a simple one.
        assignments: ``NAME=value`` before the program, and the arguments of ``export``.
        words: the program first; of ``for`` the variable and what it goes through, of ``case`` the word and patterns.
        blocks: the lists of commands within a compound command, in the order in which they are written.
        then: the operator behind it (``;``, ``&&``, ``||``, ``|``, ``&``; a line's end is a semicolon); empty for none.
        fed_by: the command before it in a pipe.
        negated: whether a ``!`` stands before it.
    """

    keyword: str
    assignments: list[Word]
    words: list[Word]
    redirections: list[Redirection]
    blocks: tuple[Script, ...] = ()
    then: str = ""
    fed_by: Command | None = None
    negated: bool = False

    @property
    def program(self) -> str:
        return self.words[0].text if self.words and not self.keyword else ""

    @property
    def arguments(self) -> list[Word]:
        """What is behind the program."""
        return self.words[1:]


Script = tuple[Command, ...]


def walk(script: Script) -> Iterator[Command]:
    """All commands, compound ones and those whose output is put into a word included, as they are written."""
    for command in script:
        yield command
        targets = [redirection.target for redirection in command.redirections]
        for word in sorted([*command.assignments, *command.words, *targets], key=lambda word: word.start):
            for part in word.parts:
                yield from walk(part.script)
        for block in command.blocks:
            yield from walk(block)


def shown(command: str, width: int = 80) -> str:
    """A command on one line, cut where it is long, for people."""
    flat = " ".join(command.replace("\\\n", " ").split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def requoted(raw: str, text: str) -> str:
    """`text` in the quotes that `raw` has."""
    quote = raw[0] if len(raw) > 1 and raw[0] in "'\"" and raw[-1] == raw[0] else ""
    if quote == '"':
        text = re.sub(r'(["\\`])', r"\\\1", text)
    if not quote and re.search(r"[\s'\"|&;()<>]", text):
        quote = "'"
    return f"{quote}{text}{quote}"
