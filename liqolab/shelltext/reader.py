"""Reads shell text into commands, as bash would take it apart, without running anything.

Every word keeps its place, so that one can be changed and the rest stays as it was typed. Text that is not finished,
or that no shell takes, is read as far as it goes; the reading says so, and whoever must be sure asks it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from liqolab.shelltext.scanner import Scanner
from liqolab.shelltext.words import Command, Part, Redirection, Script, Word

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*|[\d?$!#@*-])|\$\{(\w+|[?$!#@*-])\}")
_REDIRECTION = re.compile(r"(\d*)(<<<|<<-|<<|<&|<>|<(?!\()|>>|>&|>\||>(?!\())|()(&>>?)")
_OPERATOR = re.compile(r"&&|\|\||\|&?|;;&|;;|;&|[;&\n]")
_RESERVED = re.compile(r"(?:[{}!]|\[\[|[a-z]+)(?=[\s;&|()<>`]|$)")
_PLAIN = re.compile(r"[^\s|&;()<>\\'\"$`]+")
_PLAIN_IN_QUOTES = re.compile(r'[^"\\$`]+')
_C_QUOTED = re.compile(r"\$'(?:[^'\\]|\\.)*'", re.DOTALL)

_EMPTY_BRACKETS = re.compile(r"[ \t]*\([ \t]*\)")
_OPENING, _CLOSING, _SEMICOLON = re.compile(r"\("), re.compile(r"\)"), re.compile(";")
_ALTERNATIVE = re.compile(r"[ \t]*\|")
_OWN_LETTERS = re.compile(r"[|&<>();]+")

_TAKE_ASSIGNMENTS = ("export", "declare", "readonly", "local")
_ENDS_THEN = ("elif", "else", "fi")
_BLOCKS: dict[str, tuple[tuple[str, ...], ...]] = {
    "(": ((")",),),
    "{": (("}",),),
    "while": (("do",), ("done",)),
    "until": (("do",), ("done",)),
    "if": (("then",), _ENDS_THEN),
}
"""Compound commands that are lists of commands and nothing else: what ends each of them."""
_OPENERS = frozenset({*_BLOCKS, "for", "select", "case", "function", "[["})
_CLOSERS = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})
_ENDS_CASE = (";;", ";&", ";;&", "esac")
_GOES_ON = ("&&", "||", "|", "|&")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says.

    Attributes:
        script: its commands.
        waits: whether a shell would wait for more lines: a quote, a bracket, a loop or a here-document is open.
        wrong: what no shell takes there; empty where all is well.
    """

    script: Script
    waits: bool
    wrong: str


def read(text: str) -> Reading:
    """Take a whole text apart."""
    reader = _Reader(text)
    script = reader.whole()
    return Reading(script, reader.open and not reader.wrong, reader.wrong)


def split(text: str) -> list[str]:
    """What a shell runs at a time, as written: a line each, and more where a line does not end what it began."""
    found, start = [], 0
    while start < len(text):
        reader = _Reader(text, start)
        script = reader.whole(one_line=True)
        end = reader.at
        if reader.wrong:
            # A shell complains about that line, and goes on behind it.
            end = text.find("\n", reader.wrong_at) + 1 or len(text)
        if script or reader.wrong:
            found.append(text[start:end].removesuffix("\n"))
        start = end
    return found


def unquoted(raw: str) -> str:
    """A word, or a part of one, as a program would get it, as far as that can be told without running anything."""
    return _Reader(raw).word(whole=True).text


class _Reader(Scanner):
    """The grammar. Nothing is ever refused: what is open or wrong is noted, and the rest is read on."""

    def __init__(self, text: str, at: int = 0) -> None:
        super().__init__(text, at)
        self._ended_by = ""
        self._in_backticks = False

    def whole(self, *, one_line: bool = False) -> Script:
        """All commands that are left, or those of one line and what it goes on with."""
        try:
            return self.script(one_line=one_line)
        except RecursionError:
            self._fail("too many brackets in brackets")
            return ()

    def script(self, *ends: str, one_line: bool = False) -> Script:
        """The commands up to one of the words, brackets or operators `ends`, or up to where a line ends them."""
        found: list[Command] = []
        while True:
            self._skip_blanks()
            goes_on = bool(found) and found[-1].then in _GOES_ON
            if self._at_end():
                self.open |= bool(ends or self._here_documents) or goes_on
                self._ended_by = ""
                return tuple(found)
            if self._ends(ends):
                return tuple(found)
            if operator := self._take(_OPERATOR):
                if operator == "\n":
                    self._skip_here_documents()
                    if one_line and not goes_on:
                        return tuple(found)
                elif not found or found[-1].then or operator in _ENDS_CASE:
                    self._fail(operator)
                if found and not found[-1].then:
                    found[-1].then = ";" if operator == "\n" else operator
                continue
            before = self.at
            command = self._command()
            if self.at == before or (found and not found[-1].then):
                self._fail(self._text[before])
            if self.at == before:
                self.at += 1
                continue
            command.fed_by = found[-1] if found and found[-1].then in ("|", "|&") else None
            found.append(command)

    def word(self, *, whole: bool = False) -> Word:
        """The word that begins here; with `whole` all that is left, letters of the shell's own included."""
        start, parts = self.at, list[Part]()
        while not self._at_end():
            letter = self._text[self.at]
            if plain := self._take(_PLAIN):
                parts.append(Part("text", plain, plain))
            elif letter == "\\":
                self._escape(parts)
            elif letter == "'":
                end = self._text.find("'", self.at + 1)
                self.open |= end < 0
                inner = self._text[self.at + 1 : end if end >= 0 else None]
                parts.append(Part("text", inner, inner, True))
                self.at += len(inner) + 2
            elif letter == '"':
                self._double_quoted(parts)
            elif letter == "$" or (letter == "`" and not self._in_backticks):
                parts.append(self._expansion(quoted=False))
            elif whole:
                parts.append(Part("text", letter, letter))
                self.at += 1
            elif self._text.startswith(("<(", ">("), self.at):
                parts.append(self._commands("expansion", 2, ")", quoted=False))
            elif letter == "(" and _ASSIGNMENT.fullmatch(self._text, start, self.at):
                parts.append(self._array())
            else:
                break
        self.at = min(self.at, len(self._text))
        return Word(self._text[start : self.at], start, tuple(parts))

    def _command(self) -> Command:
        negated = False
        while self._reserved() == "!":
            self.at, negated = self.at + 1, True
            self._skip_blanks()
        keyword = "(" if self._text.startswith("(", self.at) else self._reserved()
        if keyword in _OPENERS:
            command = self._compound(keyword)
            self._skip_blanks()
            while self._redirected(command):
                self._skip_blanks()
        else:
            if keyword in _CLOSERS:
                self._fail(keyword)
            command = self._simple()
        command.negated = negated
        return command

    def _simple(self) -> Command:
        command = Command("", [], [], [])
        while True:
            self._skip_blanks()
            if self._redirected(command):
                continue
            if len(command.words) == 1 and self._take(_EMPTY_BRACKETS):
                return self._function(command)
            word = self.word()
            if not word.raw:
                return command
            assigns = _ASSIGNMENT.match(word.raw) and (not command.words or command.program in _TAKE_ASSIGNMENTS)
            (command.assignments if assigns else command.words).append(word)

    def _redirected(self, command: Command) -> bool:
        found = _REDIRECTION.match(self._text, self.at)
        if found is None:
            return False
        self.at = found.end()
        self._skip_blanks()
        target, operator = self.word(), found[2] or found[4]
        if not target.raw:
            self._fail(operator)
        if operator in ("<<", "<<-"):
            self._here_documents.append((target.text, operator == "<<-"))
        command.redirections.append(Redirection(found[1] or "", operator, target))
        return True

    def _compound(self, keyword: str) -> Command:
        command = Command(keyword, [], [], [])
        if self._text.startswith("((", self.at):
            self._arithmetic()
            return command
        self.at += len(keyword)
        if keyword == "function":
            self._add_word(command.words)
            self._take(_EMPTY_BRACKETS)
            return self._function(command)
        if keyword in _BLOCKS:
            command.blocks = tuple(self.script(*end) for end in _BLOCKS[keyword])
            while self._ended_by in ("elif", "else"):
                # Behind `else` there is one list, behind `elif` a condition and one.
                ends = (("then",), _ENDS_THEN) if self._ended_by == "elif" else (("fi",),)
                command.blocks += tuple(self.script(*end) for end in ends)
        elif keyword == "case":
            command.blocks = self._cases(command.words)
        elif keyword == "[[":
            self._condition(command.words)
        else:
            command.blocks = self._for(command.words)
        return command

    def _for(self, words: list[Word]) -> tuple[Script, ...]:
        self._skip_blanks()
        if self._text.startswith("((", self.at):
            self._arithmetic()
        else:
            self._add_word(words)
            self._skip_blanks(lines=True)
            if self._reserved() == "in":
                self.at += len("in")
                self._skip_blanks()
                while (word := self.word()).raw:
                    words.append(word)
                    self._skip_blanks()
        self._skip_blanks()
        self._take(_SEMICOLON)
        self._skip_blanks(lines=True)
        return (self.script("done"),) if self._expect("do") else ()

    def _cases(self, words: list[Word]) -> tuple[Script, ...]:
        blocks: list[Script] = []
        self._add_word(words)
        self._skip_blanks(lines=True)
        goes_on = self._expect("in")
        while goes_on:
            self._skip_blanks(lines=True)
            if self._reserved() == "esac":
                self.at += len("esac")
                break
            self._take(_OPENING)
            self._add_word(words)
            while self._take(_ALTERNATIVE):
                self._add_word(words)
            self._skip_blanks()
            goes_on = self._expect(")")
            if goes_on:
                blocks.append(self.script(*_ENDS_CASE))
                goes_on = self._ended_by not in ("", "esac")
        return tuple(blocks)

    def _condition(self, words: list[Word]) -> None:
        """What is within ``[[ ]]``, where the shell's own letters mean other things."""
        while not self.open:
            self._skip_blanks(lines=True)
            if not self._take(_OWN_LETTERS) and self._add_word(words) == "]]":
                words.pop()
                return

    def _function(self, command: Command) -> Command:
        """The body behind a function's name."""
        command.keyword = "function"
        self._skip_blanks(lines=True)
        self.open |= self._at_end()
        command.blocks = () if self.open else ((self._command(),),)
        return command

    def _escape(self, parts: list[Part]) -> None:
        escaped = self._text[self.at + 1 : self.at + 2]
        self.open |= not escaped
        if escaped != "\n":
            parts.append(Part("text", escaped or "\\", escaped or "\\", True))
        self.at += 2

    def _double_quoted(self, parts: list[Part]) -> None:
        self.at += 1
        letters = ""
        parts.append(Part("text", "", "", True))
        while not self._at_end():
            letter = self._text[self.at]
            following = self._text[self.at + 1 : self.at + 2]
            if letter in '"$`':
                parts.append(Part("text", letters, letters, True))
                letters = ""
                if letter == '"':
                    self.at += 1
                    return
                parts.append(self._expansion(quoted=True))
            elif letter == "\\":
                escapes = following and following in '"\\$`\n'
                letters += letter if not escapes else "" if following == "\n" else following
                self.at += 2 if escapes else 1
            else:
                letters += self._take(_PLAIN_IN_QUOTES)
        parts.append(Part("text", letters, letters, True))
        self.open = True

    def _expansion(self, *, quoted: bool) -> Part:
        """What a dollar or a backtick begins."""
        start = self.at
        if self._text[start] == "`":
            return self._commands("output", 1, "`", quoted=quoted)
        if self._text.startswith("$(", start) and not self._text.startswith("$((", start):
            return self._commands("output", 2, ")", quoted=quoted)
        if found := _VARIABLE.match(self._text, start):
            self.at = found.end()
            return Part("variable", found[0], found[1] or found[2], quoted)
        self.at += 1
        following = self._text[self.at : self.at + 1]
        if following == "(":
            self._arithmetic()
        elif following == "{":
            self._braces(quoted=quoted)
        elif following == "'" and not quoted:
            end = _C_QUOTED.match(self._text, start)
            self.open |= end is None
            self.at = end.end() if end is not None else len(self._text)
        else:
            # A dollar before double quotes asks for a translation, and there is none.
            alone = "" if following == '"' and not quoted else "$"
            return Part("text", alone, alone, True)
        raw = self._text[start : self.at]
        return Part("expansion", raw, raw, quoted)

    def _commands(self, kind: Literal["output", "expansion"], opening: int, end: str, *, quoted: bool) -> Part:
        start, before = self.at, self._in_backticks
        self.at += opening
        self._in_backticks = end == "`"
        script = self.script(end)
        self._in_backticks = before
        raw = self._text[start : self.at]
        return Part(kind, raw, raw, quoted, script)

    def _braces(self, *, quoted: bool) -> None:
        while not self._at_end():
            letter = self._text[self.at]
            if letter == "}":
                self.at += 1
                return
            if letter == '"':
                self._double_quoted([])
            elif letter == "'" and not quoted:
                self.at = self._text.find("'", self.at + 1) + 1 or len(self._text)
            elif letter in "$`":
                self._expansion(quoted=True)
            else:
                self.at += 2 if letter == "\\" else 1
        self.open = True

    def _arithmetic(self) -> None:
        depth = 0
        while not self._at_end():
            depth += {"(": 1, ")": -1}.get(self._text[self.at], 0)
            self.at += 1
            if depth == 0:
                return
        self.open = True

    def _array(self) -> Part:
        start = self.at
        self.at += 1
        while not self.open:
            self._skip_blanks(lines=True)
            if self._take(_CLOSING):
                break
            self._add_word([])
        raw = self._text[start : self.at]
        return Part("expansion", raw, raw)

    def _ends(self, ends: tuple[str, ...]) -> bool:
        """Whether one of them stands here; it is taken."""
        for end in (self._reserved(), self._text[self.at], self._peek(_OPERATOR)):
            if end in ends:
                self.at += len(end)
                self._ended_by = end
                return True
        return False

    def _add_word(self, words: list[Word]) -> str:
        """Read a word that cannot be missing; it, as it is written."""
        self._skip_blanks()
        word = self.word()
        if word.raw:
            words.append(word)
        else:
            self._miss("a word")
            self.at += 1
        return word.raw

    def _reserved(self) -> str:
        """The word here, if it is one that may be the shell's own."""
        return self._peek(_RESERVED)
