"""The learner stops halfway, and goes on to the next step."""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.author.sabotage.block import Block, Change, Surroundings
from liqolab.author.sabotage.shell import shown


def stop_halfway(block: Block, _: Surroundings) -> Iterator[Change]:
    """Keep the first command, the first two, and so on; at first none."""
    for kept in range(len(block.commands)):
        yield Change(block.commands[:kept], f"stopped before: {shown(block.commands[kept])}")
