"""The few commands that a simulated container can carry out.

Tutorials run small things in small images: sleep, print a line now and then, fetch a page, exit with a code. These are
imitated, in the vocabulary of `COMMANDS` and the shell's lists (``;``, ``&&``, ``||``) and ``while`` and ``for`` loops.
Anything else is not guessed at. Nothing is ever given to a shell or a process of this machine.
"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from liqolab.kube.node.fetch import fetch
from liqolab.program import Container

_SHELLS = frozenset({"sh", "bash", "ash", "/bin/sh", "/bin/bash", "/bin/ash"})
_OPERATORS = frozenset({";", "&&", "||", ";;"})
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)|`([^`]*)`")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class NotUnderstoodError(Exception):
    """The script uses something that cannot be imitated."""


class Exit(Exception):  # noqa: N818 - control flow
    """The script ends with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Simple:
    """One command; `after` is the operator before it."""

    words: tuple[str, ...]
    after: str = ";"


@dataclass(frozen=True, slots=True)
class Loop:
    """``while CONDITION; do BODY; done``, or ``for VARIABLE in ITEMS; do BODY; done``."""

    body: tuple[Simple | Loop, ...]
    condition: tuple[Simple | Loop, ...] = ()
    variable: str = ""
    items: tuple[str, ...] = ()
    after: str = ";"


Script = tuple[Simple | Loop, ...]


def understands(words: list[str]) -> bool:
    """Whether a command line can be imitated."""
    try:
        script_of(words)
    except NotUnderstoodError:
        return False
    return True


def script_of(words: list[str]) -> Script:
    """The script that a container's command line stands for.

    Raises:
        NotUnderstoodError: it cannot be imitated.
    """
    if words[0] not in _SHELLS:
        return (_simple(words, ";"),)
    if len(words) == 1:
        # A shell without a terminal and without input ends at once.
        return (Simple(("exit", "0")),)
    flags, script = words[1:-1], words[-1]
    if not any(flag.startswith("-") and flag.endswith("c") for flag in flags):
        raise NotUnderstoodError(" ".join(words))
    return parse(script)


def parse(text: str) -> Script:
    """Parse a shell script of the supported kind.

    Raises:
        NotUnderstoodError: it is of another kind.
    """
    lexer = shlex.shlex(text.replace("\n", " ; "), posix=False, punctuation_chars=";&|<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    try:
        tokens = list(lexer)
    except ValueError as error:
        raise NotUnderstoodError(str(error)) from error
    script, rest = _list(tokens, ())
    if rest:
        raise NotUnderstoodError(rest[0])
    return script


def _list(tokens: list[str], ends: tuple[str, ...]) -> tuple[Script, list[str]]:
    """A list of commands up to one of the words `ends`; what follows that word."""
    found: list[Simple | Loop] = []
    after, words = ";", list[str]()
    while tokens:
        word, tokens = tokens[0], tokens[1:]
        if not words and word in ends:
            return tuple(found), tokens
        if not words and word in ("while", "for"):
            loop, tokens = _loop(word, tokens, after)
            found.append(loop)
        elif word in _OPERATORS:
            if words:
                found.append(_simple(words, after))
            if words or word != ";":
                after = word
            words = []
        else:
            words.append(word)
    if words:
        found.append(_simple(words, after))
    if ends:
        raise NotUnderstoodError(f"{ends[0]} is missing")
    return tuple(found), []


def _loop(keyword: str, tokens: list[str], after: str) -> tuple[Loop, list[str]]:
    if keyword == "while":
        condition, tokens = _list(tokens, ("do",))
        body, tokens = _list(tokens, ("done",))
        return Loop(body, condition=condition, after=after), tokens
    if len(tokens) < 3 or tokens[1] != "in" or "do" not in tokens:
        raise NotUnderstoodError("for")
    start = tokens.index("do")
    items = [item for item in tokens[2:start] if item != ";"]
    body, rest = _list(tokens[start + 1 :], ("done",))
    return Loop(body, variable=tokens[0], items=tuple(items), after=after), rest


def _simple(words: list[str], after: str) -> Simple:
    kept = _without_redirection(words)
    if kept and kept[0] == "exec":
        kept = kept[1:]
    if not kept:
        return Simple(("true",), after)
    name = kept[0].rpartition("/")[2]
    if name not in COMMANDS and not re.match(r"^\w+=", kept[0]):
        raise NotUnderstoodError(kept[0])
    return Simple((name, *kept[1:]), after)


def _without_redirection(words: list[str]) -> list[str]:
    """Drop redirections to nowhere; others cannot be imitated."""
    kept, skip = list[str](), False
    for index, word in enumerate(words):
        if skip:
            skip = False
        elif word in (">", ">>", ">&", "<"):
            target = words[index + 1] if index + 1 < len(words) else ""
            if target not in ("/dev/null", "1", "2", "/dev/stdout", "/dev/stderr", "/proc/1/fd/1"):
                raise NotUnderstoodError(f"{word} {target}")
            if kept and kept[-1] in ("1", "2"):
                kept.pop()
            skip = True
        elif word in ("|", "&"):
            raise NotUnderstoodError(word)
        else:
            kept.append(word)
    return kept


class Shell:
    """Carries a script out on behalf of a container; output goes to its log."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.variables = dict(container.env)
        self._code = 0

    async def run(self, words: list[str]) -> int:
        """Carry out a command line that `understands` accepts; returns the exit code."""
        try:
            await self._script(script_of(words))
        except Exit as end:
            return end.code
        return self._code

    async def _script(self, script: Script) -> None:
        for step in script:
            if (step.after == "&&" and self._code != 0) or (step.after == "||" and self._code == 0):
                continue
            if isinstance(step, Loop):
                await self._loop(step)
            else:
                self._code = await self._simple(step)

    async def _loop(self, loop: Loop) -> None:
        if loop.variable:
            for item in [word for text in loop.items for word in (await self._expand(text)).split()]:
                self.variables[loop.variable] = item
                await self._script(loop.body)
            return
        while True:
            await self._script(loop.condition)
            if self._code != 0:
                self._code = 0
                return
            await self._script(loop.body)
            # A loop that never waits must not keep the cluster from working.
            await asyncio.sleep(0.01)

    async def _simple(self, step: Simple) -> int:
        words = [await self._expand(word) for word in step.words]
        assignment = re.match(r"^(\w+)=(.*)$", words[0], re.DOTALL)
        if assignment:
            self.variables[assignment[1]] = assignment[2]
            return 0
        code, output = await COMMANDS[words[0]](self, words[1:])
        if output:
            self.container.log(output.rstrip("\n"))
        return code

    async def _expand(self, word: str) -> str:
        if len(word) > 1 and word[0] == word[-1] == "'":
            return word[1:-1]
        if len(word) > 1 and word[0] == word[-1] == '"':
            word = word[1:-1]
        while match := _SUBSTITUTION.search(word):
            word = word[: match.start()] + await self._output(match[1] or match[2] or "") + word[match.end() :]
        return _VARIABLE.sub(lambda match: self.variables.get(match[1] or match[2], ""), word)

    async def _output(self, text: str) -> str:
        words = shlex.split(text)
        if not words or words[0] not in COMMANDS:
            return ""
        return (await COMMANDS[words[0]](self, words[1:]))[1].strip("\n")


Result = tuple[int, str]
"""(exit code, output)."""


async def _sleep(shell: Shell, words: list[str]) -> Result:
    for word in words:
        if word in ("infinity", "inf"):
            await asyncio.Event().wait()
        unit = _UNITS.get(word[-1:], 1)
        try:
            await asyncio.sleep(float(word.rstrip("smhd")) * unit)
        except ValueError:
            return 1, f"sleep: invalid number '{word}'"
    return 0, ""


async def _echo(shell: Shell, words: list[str]) -> Result:
    while words and words[0] in ("-n", "-e", "-ne", "-en"):
        words = words[1:]
    return 0, " ".join(words) + "\n"


async def _true(shell: Shell, words: list[str]) -> Result:
    return 0, ""


async def _false(shell: Shell, words: list[str]) -> Result:
    return 1, ""


async def _exit(shell: Shell, words: list[str]) -> Result:
    raise Exit(int(words[0]) if words and words[0].isdigit() else 0)


async def _date(shell: Shell, words: list[str]) -> Result:
    formats = [word[1:] for word in words if word.startswith("+")]
    return 0, datetime.now(UTC).strftime(formats[0] if formats else "%a %b %e %H:%M:%S UTC %Y")


async def _hostname(shell: Shell, words: list[str]) -> Result:
    return 0, shell.container.pod_ip if words[:1] == ["-i"] else shell.container.env.get("HOSTNAME", "")


async def _env(shell: Shell, words: list[str]) -> Result:
    if words:
        return (0, shell.variables[words[0]]) if words[0] in shell.variables else (1, "")
    return 0, "\n".join(f"{name}={value}" for name, value in sorted(shell.variables.items()))


async def _cat(shell: Shell, words: list[str]) -> Result:
    texts = []
    for word in words:
        try:
            texts.append(shell.container.path(word).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return 1, f"cat: can't open '{word}': No such file or directory"
    return 0, "".join(texts)


async def _seq(shell: Shell, words: list[str]) -> Result:
    numbers = [int(word) for word in words if word.isdigit()]
    if not numbers:
        return 1, "seq: missing operand"
    first = numbers[0] if len(numbers) > 1 else 1
    return 0, "\n".join(str(number) for number in range(first, numbers[-1] + 1))


async def _tail(shell: Shell, words: list[str]) -> Result:
    if "-f" in words or "-F" in words:
        await asyncio.Event().wait()
    return 0, ""


async def _fetch(shell: Shell, words: list[str]) -> Result:
    urls = [word for word in words if not word.startswith("-") and ("." in word or "/" in word or ":" in word)]
    if not urls:
        return 2, "curl: no URL specified"
    try:
        return 0, await fetch(shell.container.network, urls[-1])
    except OSError as error:
        return 7, f"curl: (7) {error.strerror or error}"


COMMANDS: dict[str, Callable[[Shell, list[str]], Awaitable[Result]]] = {
    "sleep": _sleep,
    "echo": _echo,
    "printf": _echo,
    "true": _true,
    ":": _true,
    "trap": _true,
    "set": _true,
    "false": _false,
    "exit": _exit,
    "date": _date,
    "hostname": _hostname,
    "env": _env,
    "printenv": _env,
    "cat": _cat,
    "seq": _seq,
    "tail": _tail,
    "curl": _fetch,
    "wget": _fetch,
}
"""Command → coroutine function returning (exit code, output)."""
