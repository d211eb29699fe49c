"""A command is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.author.sabotage.block import Block, Change, Surroundings
from liqolab.author.sabotage.shell import shown


def drop_command(block: Block, _: Surroundings) -> Iterator[Change]:
    """Leave out one command after the other."""
    for number, command in enumerate(block.commands):
        yield Change(block.with_command(number, None), f"without: {shown(command, 200)}")
