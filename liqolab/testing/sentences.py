"""What the registry makes of a text, asked once for each shape of text: a run has the same few many times."""

from __future__ import annotations

import re
from collections.abc import Iterable

from liqolab.scenario.runner import REACHED
from liqolab.steps.registry import Step
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY

__all__ = ["REACHED", "asks_for_clusters", "claims", "is_sentence"]

_QUOTED = re.compile(r'"[^"]*"')
"""What is between quotes never decides which sentence a text is, so texts that differ there only are asked for once."""

_known: dict[str, tuple[Step, ...]] = {}
_counted = 0


def claims(text: str) -> tuple[Step, ...]:
    """Every sentence of the vocabulary that claims `text`."""
    global _counted
    count = sum(1 for _ in REGISTRY)
    if count != _counted:
        # A conftest was imported that brings sentences of its own.
        _known.clear()
        _counted = count
    shape = _QUOTED.sub('""', text)
    found = _known.get(shape)
    if found is None:
        found = _known[shape] = tuple(step for step in REGISTRY if step.match(text) is not None)
    return found


def is_sentence(text: str) -> bool:
    """Whether the vocabulary claims `text`, or it is the lesson's own sentence."""
    return bool(claims(text)) or REACHED.fullmatch(text) is not None


def asks_for_clusters(steps: Iterable[StepText]) -> bool:
    """Whether some step says which clusters a scenario wants."""
    return any(claim.provides_clusters for step in steps for claim in claims(step.text))
