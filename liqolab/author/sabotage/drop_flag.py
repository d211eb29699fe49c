"""A flag is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.author.sabotage.block import Block, Change, Surroundings
from liqolab.author.sabotage.flags import OUTPUT_FLAGS, PROGRAMS, flags
from liqolab.author.sabotage.shell import shown


def drop_flag(block: Block, _: Surroundings) -> Iterator[Change]:
    """Leave out one flag after the other, value included; flags that only shape what is printed stay."""
    for number, command in block.simple_commands():
        if command.program not in PROGRAMS:
            continue
        for flag in flags(command):
            if flag.name in OUTPUT_FLAGS:
                continue
            text = block.commands[number][flag.start : flag.end]
            start = flag.start
            # The blanks before it go, too, or a continued line would end in the middle.
            while start and block.commands[number][start - 1] == " ":
                start -= 1
            new = "" if start < flag.start else " "
            yield Change(
                block.with_span(number, start, flag.end, new),
                f"without {shown(text)} in: {shown(block.commands[number])}",
            )
