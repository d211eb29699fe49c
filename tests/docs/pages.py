"""What a page has its reader do: files to write, and console blocks to type one after the other into one terminal.

A reader has one bash, and types on in the shell or the lesson that a command opened (`liqolab shell`,
`liqolab learn --plain`), so this does too: everything goes through a real terminal, and what comes back between two
prompts is what a command printed. A block under a line that names a file (`` `features/mine.feature`: ``) is that file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pexpect

_BLOCK = re.compile(r"(?:^`(?P<file>[^`\n]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^(?:\$|[\w-]+>) ", re.MULTILINE)
_PROMPT = re.compile(r"<<prompt (\d+)>>|(?<=\n)[\w-]+> ")
_NUMBER = re.compile(r"(?<= )\d+(?= )")
_SECONDS = 300.0
"""For one command on a machine that is busy with other tests; the longest plays a lesson."""

_VARYING = (
    (re.compile(r".*\x1b\[K"), ""),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<identifier>"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?"), "<moment>"),
    (re.compile(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000"), "<moment>"),
    (re.compile(r"\b(app-\w+)-[a-z0-9]{8,10}-[a-z0-9]{5}\b"), r"\1-<hash>-<suffix>"),
    (re.compile(r"^(\s+\w+)-[0-9a-f]{6}:$"), r"\1-<hash>:"),
    (re.compile(r"\b10\.(200|204)\.0\.\d+\b"), r"10.\1.0.<host>"),
    (re.compile(r"(?<=since )\d\d:\d\d:\d\d"), "<moment>"),
    (re.compile(r"https://127(\.\d+){3}:\d+"), "<server>"),
    (re.compile(r"\b\d+(\.\d+)? MiB"), "<size>"),
    (re.compile(r"\b\d+\.\d+s\b"), "<time>"),
    (re.compile(r"(?<!\S)(\d+[dhms]){1,2}(?!\S)"), "<age>"),
    (re.compile(r"(?<=<server>)\s+\d+"), " <process>"),
    (re.compile(r"/home/ada/\.local/state/liqolab|\S+/home(?=/playgrounds/)"), "<state>"),
    (re.compile(r"/home/ada(?=/)|\S+/person(?=/\.)"), "<home>"),
    (re.compile(r"={5,}"), "====="),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True)
class Written:
    """A file of a page's reader, relative to where they stand."""

    path: str
    text: str


@dataclass(frozen=True)
class Typed:
    """A command of a page, and the lines that the page shows under it."""

    command: str
    shown: tuple[str, ...]


def blocks(page: str) -> Iterator[Typed | Written]:
    """What a page has its reader write and type, in its order."""
    for block in _BLOCK.finditer(page):
        if block["file"]:
            yield Written(block["file"], block["text"])
        elif block["kind"] == "console":
            yield from _commands(block["text"])


def _commands(block: str) -> Iterator[Typed]:
    starts = [found.end() for found in _COMMAND.finditer(block)]
    ends = [found.start() for found in _COMMAND.finditer(block)][1:]
    for start, end in zip(starts, [*ends, len(block)], strict=True):
        lines = block[start:end].splitlines()
        size = 1
        while lines[size - 1].endswith("\\"):
            size += 1
        yield Typed("\n".join(lines[:size]), tuple("\n".join(lines[size:]).rstrip().splitlines()))


class Terminal:
    """A bash in a terminal that is wide enough for every line.

    Args:
        environment: its whole environment.
        folder: where it stands.
    """

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        # Whichever bash reads, the outer or one inside of it, it says so in this way; TERM=dumb draws nothing else.
        own = {"PROMPT_COMMAND": r"printf '\n<<prompt %s>>\n' $?", "TERM": "dumb"}
        self._bash = pexpect.spawn(
            "bash",
            ["--norc", "--noprofile", "-i"],
            env={**environment, **own},
            cwd=folder,
            encoding="utf-8",
            codec_errors="replace",
            dimensions=(50, 2000),
            timeout=_SECONDS,
        )
        self._bash.expect(_PROMPT)

    def type(self, command: str) -> tuple[int, list[str]]:
        """Exit code, and the lines that the command printed."""
        self._bash.sendline(command)
        self._bash.expect(_PROMPT)
        found = self._bash.match
        assert isinstance(found, re.Match) and self._bash.before is not None
        # The first lines are the command itself, which the terminal shows as it is typed.
        lines = self._bash.before.replace("\r", "").strip("\n").splitlines()
        # A lesson's prompt says nothing about how a line of it went.
        return int(found.group(1) or 0), lines[command.count("\n") + 1 :]

    def close(self) -> None:
        self._bash.close(force=True)


def shows(shown: tuple[str, ...], printed: list[str]) -> bool:
    """Whether a command printed what its page shows; ``...`` stands for any lines, and within a line for any text."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + r"\n"
        for line in _normal(shown)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in _normal(printed))) is not None


def same_numbers(shown: tuple[str, ...], printed: list[str]) -> dict[str, str]:
    """Number on the page → number in its place on the screen, of the lines that agree in all that does not vary."""
    pairs = zip(_normal(shown), shown, _normal(printed), printed, strict=False)
    alike = [(page, screen) for wanted, page, found, screen in pairs if wanted == found]
    return {old: new for page, screen in alike for old, new in zip(*map(_NUMBER.findall, (page, screen)), strict=False)}


def _normal(lines: Iterable[str]) -> list[str]:
    """Lines without what varies; where the first column is a name with a hash, their order varies as well."""
    found = [_normal_line(line) for line in lines]
    runs = groupby(found, lambda line: "-<hash>-" in line.split(" ")[0])
    return [line for hashed, run in runs for line in (sorted(run) if hashed else run)]


def _normal_line(line: str) -> str:
    for pattern, name in _VARYING:
        line = pattern.sub(name, line)
    return line.strip()
