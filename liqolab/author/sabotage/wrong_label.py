"""A label is another one: its value is that of another cluster, or its key is misspelt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liqolab.author.sabotage.block import Block, Change, Surroundings
from liqolab.author.sabotage.flags import LABEL_FLAGS, flags, positions
from liqolab.author.sabotage.shell import SimpleCommand

_LABEL = re.compile(r"(?P<key>[A-Za-z0-9./_-]+)(?P<sign>!?==?)(?P<value>[A-Za-z0-9._-]+)")


def wrong_label(block: Block, around: Surroundings) -> Iterator[Change]:
    """Change the value, then the key, of every label on the command line."""
    for number, command in block.simple_commands():
        for start, raw in _labelled(command):
            for found in _LABEL.finditer(raw):
                for value in other_values(found["key"], found["value"], around):
                    place = start + found.start("value")
                    commands = block.with_span(number, place, start + found.end("value"), value)
                    yield Change(commands, f"{found['key']}={value} instead of {found['value']}")
                place = start + found.end("key")
                commands = block.with_span(number, place, place, "s")
                yield Change(commands, f"label {found['key']}s instead of {found['key']}")


def other_values(key: str, value: str, around: Surroundings) -> list[str]:
    """What else could stand there: the lesson's other values of the label, or a misspelt one."""
    return [known for known in around.labels.get(key, ()) if known != value] or [f"{value}x"]


def _labelled(command: SimpleCommand) -> Iterator[tuple[int, str]]:
    """Where labels are written: behind the flags that take some, and as arguments of ``kubectl label``."""
    for flag in flags(command):
        if flag.name in LABEL_FLAGS and flag.value is not None:
            yield flag.raw_start, flag.raw
    if command.program == "kubectl" and [word.text for word in positions(command)[:1]] == ["label"]:
        for word in positions(command)[1:]:
            yield word.start, word.raw
