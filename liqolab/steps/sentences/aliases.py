"""Other English wordings of the vocabulary's sentences: one table for all of them.

Besides this table one rule holds: where a sentence has ``[ in namespace {namespace}][ in cluster {cluster}]`` behind
the object that it is about, that part may just as well stand at the end, before the time.
"""

from __future__ import annotations

from collections.abc import Iterable

PLACE = "[ in namespace {namespace}][ in cluster {cluster}]"
CLUSTER = "[ in cluster {cluster}]"

_TABLE = {
    "I apply[ to namespace {namespace}]@cluster:": ("I apply to cluster {cluster}:",),
    "I delete {kind:kind} {name}@both": ("I remove {kind:kind} {name}@both",),
    "no {kind:kind}[ matching {labels}]@both exists": ("no {kind:kind}[ matching {labels}]@both exist",),
    "exactly {count:int} {kind:kind}[ matching {labels}]@both exist": (
        "exactly {count:int} {kind:kind}[ matching {labels}]@both exists",
    ),
    "exactly {count:int} {kind:kind}[ matching {labels}]@both are {state:state}": (
        "exactly {count:int} {kind:kind}[ matching {labels}]@both is {state:state}",
    ),
    "pod {name}@both is scheduled on node {node}": ("pod {name}@both is on node {node}",),
    "logs of pod {name}@both contain {text}": ("the logs of pod {name}@both contain {text}",),
    "pods matching {labels}[ in namespace {namespace}] offloaded from cluster {cluster} run in cluster {other}": (
        "pods matching {labels} offloaded from cluster {cluster} in namespace {namespace} run in cluster {other}",
    ),
    "I remember field {path} of {kind:kind} {name}@both as {key}": (
        "{kind:kind} {name}@both has field {path} remembered as {key}",
    ),
    "I remember the name of a {kind:kind} matching {labels}@both as {key}": (
        "a {kind:kind} matching {labels}@both is remembered as {key}",
    ),
}


def _written_out(text: str) -> str:
    return text.replace("@both", PLACE).replace("@cluster", CLUSTER)


ALIASES: dict[str, tuple[str, ...]] = {
    _written_out(sentence): tuple(map(_written_out, aliases)) for sentence, aliases in _TABLE.items()
}


def trailing(sentences: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each sentence that says its place in the middle, the same with the place at its end."""
    moved: dict[str, tuple[str, ...]] = {}
    for sentence in sentences:
        for place in (PLACE, CLUSTER):
            before, found, after = sentence.partition(place)
            if found and after and not after.endswith(":"):
                moved[sentence] = (before + after + place,)
                break
    return moved
