"""All operators by the name that reports and ``sabotage.yaml`` call them, and what they make of a block together."""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.author.sabotage.block import Block, Change, Operator, Surroundings
from liqolab.author.sabotage.change_manifest import change_manifest
from liqolab.author.sabotage.drop_command import drop_command
from liqolab.author.sabotage.drop_flag import drop_flag
from liqolab.author.sabotage.stop_halfway import stop_halfway
from liqolab.author.sabotage.wrong_cluster import wrong_cluster
from liqolab.author.sabotage.wrong_label import wrong_label
from liqolab.author.sabotage.wrong_name import wrong_name
from liqolab.author.sabotage.wrong_namespace import wrong_namespace
from liqolab.author.sabotage.wrong_value import wrong_value

OPERATORS: dict[str, Operator] = {
    "drop-command": drop_command,
    "stop-halfway": stop_halfway,
    "wrong-cluster": wrong_cluster,
    "wrong-label": wrong_label,
    "wrong-namespace": wrong_namespace,
    "wrong-name": wrong_name,
    "wrong-value": wrong_value,
    "drop-flag": drop_flag,
    "change-manifest": change_manifest,
}


def changes(block: Block, around: Surroundings) -> Iterator[tuple[str, Change]]:
    """Every sabotage of a block with its operator's name; what two operators make alike is tried once."""
    seen: set[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = {(block.commands, ())}
    for name, operator in OPERATORS.items():
        for change in operator(block, around):
            made = (change.commands, change.files)
            if made not in seen:
                seen.add(made)
                yield name, change
