"""A command is about another namespace."""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.author.sabotage.block import Block, Change, Surroundings
from liqolab.author.sabotage.flags import NAMESPACE_FLAGS, NAMESPACE_KINDS, flags, names
from liqolab.author.sabotage.shell import Word, requoted, unquoted


def wrong_namespace(block: Block, _: Surroundings) -> Iterator[Change]:
    """Take ``default``, or a name with a slip of the finger, for every namespace."""
    for number, command in block.simple_commands():
        for flag in flags(command):
            if flag.name in NAMESPACE_FLAGS and flag.value is not None:
                for other in _others(unquoted(flag.raw)):
                    new = requoted(flag.raw, other)
                    commands = block.with_span(number, flag.raw_start, flag.raw_start + len(flag.raw), new)
                    yield Change(commands, f"{flag.name} {other} instead of {unquoted(flag.raw)}")
        for kind, word in names(command):
            if kind in NAMESPACE_KINDS:
                for other in _others(word.text):
                    commands = block.with_span(number, word.start, word.end, requoted(word.raw, other))
                    yield Change(commands, f"{_verb(command.words)} {kind} {other} instead of {word.text}")


def _others(name: str) -> list[str]:
    return [other for other in ("default", f"{name}s") if other != name]


def _verb(words: list[Word]) -> str:
    return " ".join(word.text for word in words[:2])
