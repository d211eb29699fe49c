"""A command is about another object."""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.author.sabotage.block import Block, Change, Surroundings
from liqolab.author.sabotage.flags import NAMESPACE_KINDS, names
from liqolab.author.sabotage.shell import requoted


def wrong_name(block: Block, around: Surroundings) -> Iterator[Change]:
    """Misspell the name of every object but namespaces and clusters, which have operators of their own."""
    for number, command in block.simple_commands():
        for kind, word in names(command):
            if kind in NAMESPACE_KINDS or word.text in around.kubeconfigs:
                continue
            name = word.text + "s"
            commands = block.with_span(number, word.start, word.end, requoted(word.raw, name))
            yield Change(commands, f"{kind} {name} instead of {word.text}")
