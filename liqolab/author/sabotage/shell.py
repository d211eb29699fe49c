"""The words of a shell command, each with its place, so that one can be changed and the rest stays as it was typed.

This knows as much of bash as lessons use: quotes, backslashes, substitutions, pipes and lists, redirections and
here-documents (whose text belongs to no word). What it does not know it takes for a letter, so a strange command at
worst offers fewer words to change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_HERE_DOCUMENT = re.compile(r"<<-?\s*['\"]?\w+")
_ENDS_COMMAND = "|&;()\n{}"


@dataclass(frozen=True, slots=True)
class Word:
    """One word, quotes included, and where it stands in the text."""

    raw: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.raw)

    @property
    def text(self) -> str:
        """The word without quotes and backslashes; variables and substitutions stay as they are written."""
        return unquoted(self.raw)


@dataclass(slots=True)
class SimpleCommand:
    """A program with its arguments, or assignments alone.

    Attributes:
        assignments: ``NAME=value`` before the program, and the arguments of ``export``.
        words: the program first.
    """

    assignments: list[Word] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    @property
    def program(self) -> str:
        return self.words[0].text if self.words else ""

    @property
    def arguments(self) -> list[Word]:
        """What is behind the program."""
        return self.words[1:]


def parse(text: str) -> list[SimpleCommand]:
    """All simple commands of a text, those within ``$(...)`` included, in the order in which they are written."""
    here = _HERE_DOCUMENT.search(text)
    if here is not None:
        text = text[: text.find("\n", here.end())] if "\n" in text[here.end() :] else text
    return _Scanner(text).commands(0, len(text))


def shown(command: str, width: int = 80) -> str:
    """A command on one line, cut where it is long, for people."""
    flat = " ".join(command.replace("\\\n", " ").split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def replaced(text: str, start: int, end: int, new: str) -> str:
    """`text` with what stands from `start` to `end` replaced."""
    return text[:start] + new + text[end:]


def unquoted(raw: str) -> str:
    """A word as a program would get it, as far as that can be told without running anything."""
    result, quote, index = [], "", 0
    while index < len(raw):
        letter = raw[index]
        if quote:
            if letter == quote:
                quote = ""
            elif letter == "\\" and quote == '"' and raw[index + 1 : index + 2] in ('"', "\\", "$", "`"):
                index += 1
                result.append(raw[index])
            else:
                result.append(letter)
        elif letter in "'\"":
            quote = letter
        elif letter == "\\" and index + 1 < len(raw):
            index += 1
            if raw[index] != "\n":
                result.append(raw[index])
        else:
            result.append(letter)
        index += 1
    return "".join(result)


def requoted(raw: str, text: str) -> str:
    """`text` in the quotes that `raw` has."""
    quote = raw[0] if len(raw) > 1 and raw[0] in "'\"" and raw[-1] == raw[0] else ""
    if quote == '"':
        text = re.sub(r'(["\\`])', r"\\\1", text)
    if not quote and re.search(r"[\s'\"|&;()<>]", text):
        quote = "'"
    return f"{quote}{text}{quote}"


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text

    def commands(self, start: int, end: int) -> list[SimpleCommand]:
        found: list[SimpleCommand] = []
        current = SimpleCommand()
        nested: list[SimpleCommand] = []
        index = start
        redirected = False
        while index < end:
            letter = self._text[index]
            if letter in _ENDS_COMMAND and not (letter in "{}" and self._joined(index)):
                found += [current, *nested]
                current, nested = SimpleCommand(), []
                index += 1
            elif letter.isspace() or self._text.startswith("\\\n", index):
                index += 1 if letter.isspace() else 2
            elif letter == "#":
                line_end = self._text.find("\n", index)
                index = end if line_end < 0 else line_end
            elif letter in "<>":
                redirected = True
                index += 1
            else:
                word, inner = self._word(index, end)
                nested += inner
                if redirected:
                    redirected = False
                elif not (word.raw.isdigit() and self._text[word.end : word.end + 1] in ("<", ">")):
                    self._add(current, word)
                index = word.end
        return [command for command in [*found, current, *nested] if command.words or command.assignments]

    def _add(self, command: SimpleCommand, word: Word) -> None:
        exported = command.words and command.program in ("export", "declare", "readonly", "local")
        if _ASSIGNMENT.match(word.raw) and (exported or not command.words):
            command.assignments.append(word)
        else:
            command.words.append(word)

    def _joined(self, index: int) -> bool:
        """Whether a brace is part of a word, as in ``{a,b}``, rather than one of the shell's own."""
        return not self._text[index + 1 : index + 2].isspace() and self._text[index + 1 : index + 2] != ""

    def _word(self, start: int, end: int) -> tuple[Word, list[SimpleCommand]]:
        index, nested = start, []
        while index < end:
            letter = self._text[index]
            if letter == "\\":
                index += 2
            elif letter == "'":
                index = self._after(index + 1, end, "'")
            elif letter == '"':
                index, inner = self._double_quoted(index + 1, end)
                nested += inner
            elif self._text.startswith("$(", index):
                index, inner = self._substitution(index, end)
                nested += inner
            elif self._text.startswith("${", index):
                index = self._after(index, end, "}")
            elif letter.isspace() or letter in "|&;()<>":
                break
            else:
                index += 1
        return Word(self._text[start : min(index, end)], start), nested

    def _double_quoted(self, index: int, end: int) -> tuple[int, list[SimpleCommand]]:
        nested: list[SimpleCommand] = []
        while index < end and self._text[index] != '"':
            if self._text[index] == "\\":
                index += 2
            elif self._text.startswith("$(", index):
                index, inner = self._substitution(index, end)
                nested += inner
            else:
                index += 1
        return index + 1, nested

    def _substitution(self, start: int, end: int) -> tuple[int, list[SimpleCommand]]:
        """The place behind ``$(...)`` and the commands in it."""
        depth, index, quote = 0, start + 1, ""
        while index < end:
            letter = self._text[index]
            if letter == "\\":
                index += 1
            elif quote:
                quote = "" if letter == quote else quote
            elif letter in "'\"":
                quote = letter
            elif letter == "(":
                depth += 1
            elif letter == ")":
                depth -= 1
                if depth == 0:
                    return index + 1, self.commands(start + 2, index)
            index += 1
        return end, self.commands(start + 2, end)

    def _after(self, index: int, end: int, letter: str) -> int:
        found = self._text.find(letter, index, end)
        return end if found < 0 else found + 1
