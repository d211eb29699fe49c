"""The few commands that a simulated container can carry out.

Tutorials run small things in small images: sleep, print a line now and then, fetch a page, exit with a code. These are
imitated, in the vocabulary of `COMMANDS` and the shell's lists (``;``, ``&&``, ``||``) and ``while`` and ``for`` loops,
so that they print and end as in a real shell. Nothing is ever guessed: what could turn out otherwise there is not
understood. Nothing is ever given to a shell or a process of this machine.
"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import NamedTuple

from liqolab.kube.node.fetch import fetch
from liqolab.program import Container
from liqolab.shelltext.reader import read
from liqolab.shelltext.words import Command, Part, Script, Word

_SHELLS = frozenset({"sh", "bash", "ash", "/bin/sh", "/bin/bash", "/bin/ash"})
_VARIABLE = re.compile(r"[A-Za-z_]\w*|\?")
_ASSIGNMENT = re.compile(r"\w+=")
_PATTERN = re.compile(r"[*?\[{~]")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class NotUnderstoodError(Exception):
    """The script uses something that cannot be imitated."""


class Exit(Exception):  # noqa: N818 - control flow
    """The script ends with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Result(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int = 0
    output: str = ""
    error: str = ""


def script_of(words: list[str]) -> Script:
    """The script that a container's command line stands for.

    Raises:
        NotUnderstoodError: it cannot be imitated.
    """
    if words[0] not in _SHELLS:
        text = shlex.join(words)
    elif len(words) == 1:
        # A shell without a terminal and without input ends at once.
        text = ""
    elif len(words) == 3 and words[1] == "-c":
        text = words[2]
    else:
        raise NotUnderstoodError(" ".join(words))
    reading = read(text)
    if reading.waits or reading.wrong:
        raise NotUnderstoodError(reading.wrong or "the script is not finished")
    _check(reading.script)
    return reading.script


def _check(script: Script) -> None:
    for command in script:
        if command.keyword not in ("", "for", "while") or command.negated or command.then in ("|", "|&", "&"):
            raise NotUnderstoodError(command.keyword or command.then)
        is_odd = command.redirections or not all(command.blocks) or (command.keyword == "for" and not command.words)
        if command.keyword and is_odd:
            raise NotUnderstoodError(command.keyword)
        for word in command.assignments:
            if command.words or not _ASSIGNMENT.match(word.raw):
                raise NotUnderstoodError(word.raw)
        _sinks(command)
        for word in (*command.assignments, *command.words):
            _check_word(word)
        if command.words and not command.keyword:
            program, *arguments = command.words[command.program == "exec" :] or command.words
            is_literal = all(part.kind == "text" for word in arguments for part in word.parts)
            _check_arguments(_program(program.text), [word.text for word in arguments] if is_literal else None)
        for block in command.blocks:
            _check(block)


def _check_word(word: Word) -> None:
    for part in word.parts:
        if part.kind == "output":
            # One command, because several would need a shell of their own.
            understood = len(part.script) == 1 and part.script[0].program not in ("", "exit", "exec")
            _check(part.script)
        elif part.kind == "variable":
            understood = _VARIABLE.fullmatch(part.text) is not None
        else:
            # No file is called like an address, so a question mark in one stands for itself.
            is_pattern = not part.quoted and _PATTERN.search(part.text) and "://" not in word.text
            understood = part.kind == "text" and not is_pattern
        if not understood:
            raise NotUnderstoodError(word.raw)


def _check_arguments(program: str, arguments: list[str] | None) -> None:
    """Whether a command can be imitated with these arguments; None while they are not known."""
    if program not in COMMANDS:
        raise NotUnderstoodError(program)
    # A blank within an argument separates nothing.
    line = " ".join(argument.replace(" ", "\0") for argument in arguments or ())
    if arguments is not None and not COMMANDS[program][1].fullmatch(line):
        raise NotUnderstoodError(f"{program} {line}")


def _program(name: str) -> str:
    return name.rpartition("/")[2]


def _sinks(command: Command) -> dict[str, str]:
    """Where standard output and error of a command go: ``out``, the ``log``, or nowhere."""
    sinks = {"1": "out", "2": "log"}
    for redirection in command.redirections:
        descriptor, target = redirection.descriptor or "1", redirection.target.text
        files = {"/dev/null": "", "/dev/stdout": sinks["1"], "/dev/stderr": sinks["2"], "/proc/1/fd/1": "log"}
        if redirection.operator == "<" and target == "/dev/null":
            continue
        known = sinks if redirection.operator == ">&" else files if redirection.operator in (">", ">>") else {}
        if descriptor not in sinks or target not in known:
            raise NotUnderstoodError(f"{redirection.operator} {target}")
        sinks[descriptor] = known[target]
    return sinks


class Shell:
    """Carries a script out on behalf of a container; output goes to its log, a line at a time."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.variables = dict(container.env)
        self.code = 0
        self._line = ""
        self._captured: list[str] | None = None

    async def run(self, words: list[str]) -> int:
        """Carry out a command line; returns the exit code.

        Raises:
            NotUnderstoodError: it cannot be imitated, which may turn out only when a variable has its value.
        """
        try:
            await self._script(script_of(words))
        except Exit as end:
            return end.code
        finally:
            if self._line:
                self.container.log(self._line)
        return self.code

    async def _script(self, script: Script) -> None:
        before = ""
        for command in script:
            skipped = (before == "&&" and self.code != 0) or (before == "||" and self.code == 0)
            before = command.then
            if skipped:
                continue
            if command.keyword == "for":
                await self._for(command)
            elif command.keyword == "while":
                await self._while(command)
            else:
                self.code = await self._simple(command)

    async def _for(self, command: Command) -> None:
        variable, *words = command.words
        items = [field for word in words for field in await self._fields(word)]
        self.code = 0
        for item in items:
            self.variables[variable.text] = item
            await self._script(command.blocks[0])

    async def _while(self, command: Command) -> None:
        condition, body = command.blocks
        code = 0
        while True:
            await self._script(condition)
            if self.code != 0:
                break
            await self._script(body)
            code = self.code
            # A loop that never waits must not keep the cluster from working.
            await asyncio.sleep(0.01)
        self.code = code

    async def _simple(self, command: Command) -> int:
        sinks = _sinks(command)
        captures = False
        for word in command.assignments:
            captures = captures or any(part.kind == "output" for part in word.parts)
            name, _, value = "".join([await self._value(part) for part in word.parts]).partition("=")
            self.variables[name] = value
        words = [field for word in command.words for field in await self._fields(word)]
        if not words:
            return self.code if captures else 0
        if words[0] == "exec":
            raise Exit(await self._run(words[1:], sinks))
        return await self._run(words, sinks)

    async def _run(self, words: list[str], sinks: dict[str, str]) -> int:
        program, arguments = _program(words[0]), words[1:]
        _check_arguments(program, arguments)
        result = COMMANDS[program][0](self, arguments)
        if not isinstance(result, Result):
            result = await result
        for text, sink in ((result.output, sinks["1"]), (result.error, sinks["2"])):
            if sink == "out" and self._captured is not None:
                self._captured.append(text)
            elif sink:
                *lines, self._line = (self._line + text).split("\n")
                for line in lines:
                    self.container.log(line)
        return result.code

    async def _fields(self, word: Word) -> list[str]:
        """A word as a command gets it: split where a value that is not in quotes has blanks."""
        text = ""
        for part in word.parts:
            value = await self._value(part)
            if part.quoted or part.kind == "text":
                # Quotes make a word even where nothing is between them.
                text += f"\1{value}"
            elif _PATTERN.search(value):
                raise NotUnderstoodError(word.raw)
            else:
                text += re.sub(r"[ \t\n]+", "\0", value)
        return [field.replace("\1", "") for field in text.split("\0") if field]

    async def _value(self, part: Part) -> str:
        if part.kind == "variable":
            return str(self.code) if part.text == "?" else self.variables.get(part.text, "")
        if part.kind == "text":
            return part.text
        outer, self._captured = self._captured, []
        try:
            self.code = await self._simple(part.script[0])
            return "".join(self._captured).rstrip("\n")
        finally:
            self._captured = outer


async def _sleep(shell: Shell, words: list[str]) -> Result:
    if any(word.startswith("inf") for word in words):
        await asyncio.Event().wait()
    await asyncio.sleep(sum(float(word.rstrip("smhd")) * _UNITS.get(word[-1], 1) for word in words))
    return Result()


async def _tail(shell: Shell, words: list[str]) -> Result:
    if "-f" in words or "-F" in words:
        await asyncio.Event().wait()
    return Result()


def _nothing(shell: Shell, words: list[str]) -> Result:
    return Result()


def _false(shell: Shell, words: list[str]) -> Result:
    return Result(1)


def _echo(shell: Shell, words: list[str]) -> Result:
    bare = words[:1] == ["-n"]
    return Result(0, " ".join(words[bare:]) + ("" if bare else "\n"))


def _exit(shell: Shell, words: list[str]) -> Result:
    raise Exit(int(words[0]) % 256 if words else shell.code)


def _date(shell: Shell, words: list[str]) -> Result:
    formats = [word[1:] for word in words if word.startswith("+")]
    return Result(0, datetime.now(UTC).strftime(formats[0] if formats else "%a %b %e %H:%M:%S UTC %Y") + "\n")


def _hostname(shell: Shell, words: list[str]) -> Result:
    return Result(0, (shell.container.pod_ip if words else shell.container.env.get("HOSTNAME", "")) + "\n")


def _env(shell: Shell, words: list[str]) -> Result:
    # Without `export` only what a container is started with is passed on to programs.
    known = {name: shell.variables[name] for name in sorted(shell.container.env)}
    if words:
        return Result(0, known[words[0]] + "\n") if words[0] in known else Result(1)
    return Result(0, "".join(f"{name}={value}\n" for name, value in known.items()))


def _cat(shell: Shell, words: list[str]) -> Result:
    try:
        return Result(0, "".join(shell.container.path(word).read_text(errors="replace") for word in words))
    except OSError as error:
        # The image itself may have it.
        raise NotUnderstoodError(f"cat: {error}") from None


def _seq(shell: Shell, words: list[str]) -> Result:
    numbers = range(int(words[0]) if len(words) > 1 else 1, int(words[-1]) + 1)
    return Result(0, "".join(f"{number}\n" for number in numbers))


async def _curl(shell: Shell, words: list[str]) -> Result:
    asked, answer = await _fetched(shell, words, _CURL)
    if isinstance(answer, OSError):
        code = 28 if isinstance(answer, TimeoutError) else 7
        said = f"curl: ({code}) {answer.strerror or 'it took too long'}\n"
        return Result(code, "", "" if asked["quiet"] else said)
    return Result(0, "" if asked["file"] == "/dev/null" else answer[1])


async def _wget(shell: Shell, words: list[str]) -> Result:
    asked, answer = await _fetched(shell, words, _WGET)
    if isinstance(answer, OSError):
        return Result(1, "", f"wget: {answer.strerror or 'download timed out'}\n")
    if answer[0] >= 400:
        return Result(1, "", f"wget: server returned error: HTTP/1.1 {answer[0]}\n")
    return Result(0, answer[1] if asked["file"] == "-" else "")


async def _fetched(shell: Shell, words: list[str], line: str) -> tuple[re.Match[str], tuple[int, str] | OSError]:
    asked = re.fullmatch(line, " ".join(words))
    assert asked is not None
    try:
        async with asyncio.timeout(int(asked["seconds"]) if asked["seconds"] else None):
            return asked, await fetch(shell.container.network, asked["url"])
    except OSError as error:
        return asked, error


# Flags stand before the address, as in the examples of both programs.
_CURL = r"(?:(?:(?P<quiet>-sk?)|-k|-o ?(?P<file>-|/dev/null)|-m ?(?P<seconds>\d+)) )*(?P<url>[^-\s]\S*)"
_WGET = r"(?:(?:-q|-q?O ?(?P<file>-|/dev/null)|-T ?(?P<seconds>\d+)) )*(?P<url>[^-\s]\S*)"

COMMANDS: dict[str, tuple[Callable[[Shell, list[str]], Result | Awaitable[Result]], re.Pattern[str]]] = {
    name: (function, re.compile(line, re.DOTALL))
    for name, function, line in (
        ("sleep", _sleep, r"(?:(?:\d+(?:\.\d+)?[smhd]?|inf|infinity)(?: |$))+"),
        # Shells differ in what they make of backslashes, and of this flag.
        ("echo", _echo, r"(?!-[neE]*[eE]|-nn)[^\\]*"),
        ("true", _nothing, r".*"),
        (":", _nothing, r".*"),
        ("false", _false, r".*"),
        ("exit", _exit, r"\d*"),
        # A container that is told to stop does so at once, so what it would do then is never seen.
        ("trap", _nothing, r"[^-]\S*(?: (?:SIG)?(?:TERM|INT|HUP|QUIT))+"),
        ("date", _date, r"(?:-u ?)?(?:\+(?:[^%]|%[aAbBdDeFHIjmMpRsSTuUwyYZ%])*)?"),
        ("hostname", _hostname, r"(?:-i)?"),
        ("env", _env, r""),
        ("printenv", _env, r"\w+"),
        ("cat", _cat, r"(?:/\S+(?: |$))+"),
        ("seq", _seq, r"-?\d+(?: -?\d+)?"),
        ("tail", _tail, r"-[fF] /dev/null|/dev/null"),
        ("curl", _curl, _CURL),
        ("wget", _wget, _WGET),
    )
}
"""Command → what it does, and what its arguments have to be, with blanks between them."""
