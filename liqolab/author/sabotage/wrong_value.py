"""A flag has another value: another strategy, another number, another path in a patch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from liqolab.author.sabotage.block import Block, Change, Surroundings
from liqolab.author.sabotage.flags import (
    FILE_FLAGS,
    KUBECONFIG_FLAGS,
    LABEL_FLAGS,
    NAMESPACE_FLAGS,
    OUTPUT_FLAGS,
    Flag,
    flags,
)
from liqolab.author.sabotage.shell import requoted, unquoted

_CHOICES = (
    ("EnforceSameName", "DefaultName"),
    ("LocalAndRemote", "Local", "Remote"),
    ("json", "merge", "strategic"),
    ("true", "false"),
    ("NodePort", "ClusterIP", "LoadBalancer"),
)
"""Values of which a command line takes one; each is a likely mistake for the others of its row."""

# Names of clusters and labels have operators of their own.
_ELSEWHERE = (*KUBECONFIG_FLAGS, *NAMESPACE_FLAGS, *LABEL_FLAGS, *FILE_FLAGS, *OUTPUT_FLAGS, "--name", "--cluster-name")


def wrong_value(block: Block, _: Surroundings) -> Iterator[Change]:
    """Give every flag whose value is a choice, a number or a JSON document another one."""
    for number, command in block.simple_commands():
        for flag in flags(command):
            if flag.value is None or flag.name in _ELSEWHERE:
                continue
            for other in _others(flag):
                new = requoted(flag.raw, other)
                commands = block.with_span(number, flag.raw_start, flag.raw_start + len(flag.raw), new)
                yield Change(commands, f"{flag.name} {other} instead of {unquoted(flag.raw)}")


def _others(flag: Flag) -> list[str]:
    value = unquoted(flag.raw)
    for row in _CHOICES:
        if value in row:
            return [other for other in row if other != value]
    if value.isdigit():
        return [str(int(value) + 1)]
    if value[:1] in "[{":
        return _other_documents(value)
    return []


def _other_documents(value: str) -> list[str]:
    """The document with each of its strings changed, one at a time."""
    try:
        document = json.loads(value)
    except ValueError:
        return []
    return [json.dumps(changed) for changed in _changed(document)]


def _changed(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, part in value.items():
            for other in _changed(part):
                yield {**value, key: other}
    elif isinstance(value, list):
        for index, part in enumerate(value):
            for other in _changed(part):
                yield [*value[:index], other, *value[index + 1 :]]
    elif isinstance(value, str):
        yield f"{value}s"
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value + 1
