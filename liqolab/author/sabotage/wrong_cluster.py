"""A command goes to another cluster: by its name, by its kubeconfig, or because the shell points there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from liqolab.author.sabotage.block import Block, Change, Surroundings
from liqolab.author.sabotage.flags import KUBECONFIG_FLAGS, flags
from liqolab.author.sabotage.shell import SimpleCommand, Word, shown

_TALKS_TO_CLUSTER = ("kubectl", "liqoctl", "bash", "sh", "helm")

_ELSEWHERE = "liqolab_was=${{KUBECONFIG-}}; export KUBECONFIG={file}; {command}\nliqolab_code=$?; " + (
    "export KUBECONFIG=$liqolab_was; (exit $liqolab_code)"
)


def wrong_cluster(block: Block, around: Surroundings) -> Iterator[Change]:
    """Take another cluster wherever one is named, and run what names none with another cluster's kubeconfig."""
    yield from _renamed(block, around)
    yield from _elsewhere(block, around)


def _renamed(block: Block, around: Surroundings) -> Iterator[Change]:
    for number, command in block.simple_commands():
        for word, offset in _mentions(command):
            for cluster in around.kubeconfigs:
                for found in _occurrences(word.raw[offset:], cluster):
                    start = word.start + offset + found.start()
                    for other in around.others(cluster):
                        new = other.upper() if found.group().isupper() else other
                        commands = block.with_span(number, start, start + len(cluster), new)
                        yield Change(commands, f"{other} instead of {cluster} in: {shown(block.commands[number])}")


def _elsewhere(block: Block, around: Surroundings) -> Iterator[Change]:
    for number, text in enumerate(block.commands):
        programs = [command for line, command in block.simple_commands() if line == number]
        if not any(_uses_default(command) for command in programs):
            continue
        for other in list(around.kubeconfigs)[1:]:
            file = f'"$PWD"/{shlex.quote(around.kubeconfigs[other])}'
            commands = block.with_command(number, _ELSEWHERE.format(file=file, command=text))
            yield Change(commands, f"in {other}: {shown(text)}")


def _uses_default(command: SimpleCommand) -> bool:
    if command.program not in _TALKS_TO_CLUSTER:
        return False
    return not any(flag.name in KUBECONFIG_FLAGS for flag in flags(command))


def _mentions(command: SimpleCommand) -> Iterator[tuple[Word, int]]:
    """The words that may name a cluster, and where in each what is meant begins: not the variable that is assigned."""
    for word in command.assignments:
        if "$(" not in word.raw:
            yield word, word.raw.index("=") + 1
    for word in command.words:
        if "$(" not in word.raw:
            yield word, 0


def _occurrences(text: str, cluster: str) -> list[re.Match[str]]:
    # A name within a longer word of letters is another word; underscores and hyphens separate.
    return list(re.finditer(rf"(?<![A-Za-z0-9]){re.escape(cluster)}(?![A-Za-z0-9])", text, re.IGNORECASE))
