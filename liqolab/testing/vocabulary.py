"""The whole vocabulary as one pytest-bdd step, registered with pytest as a plugin module.

One catch-all, and not a pytest-bdd step for each sentence: matching stays the registry's business (time suffixes,
languages, optional parts), and pytest-bdd, which asks every definition about every step, has one to ask. Steps of the
users' own stand beside it as usual. The registry is asked once for each shape of text: a run has the same few many
times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
import pytest_bdd
from pytest_bdd.parsers import StepParser

from liqolab.scenario.places import place_of
from liqolab.steps.quoting import QUOTED
from liqolab.steps.registry import Step
from liqolab.steps.text import StepText
from liqolab.steps.vocabulary import REGISTRY
from liqolab.testing.running import current_scenario

_QUOTED = re.compile(QUOTED)
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
    return bool(claims(text)) or place_of(text) is not None


def asks_for_clusters(steps: Iterable[StepText]) -> bool:
    """Whether some step says which clusters a scenario wants."""
    return any(claim.provides_clusters for step in steps for claim in claims(step.text))


class VocabularyParser(StepParser):
    """Matches whatever the vocabulary knows, and a lesson's own sentence."""

    def __init__(self) -> None:
        super().__init__("liqolab: a sentence of the vocabulary")

    def is_matching(self, name: str) -> bool:
        return is_sentence(name)

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        return {} if is_sentence(name) else None


@pytest_bdd.step(VocabularyParser())
def say(request: pytest.FixtureRequest) -> None:
    """Do what the step that is under way says."""
    __tracebackhide__ = True
    scenario = current_scenario(request.node)
    step = scenario.step
    if place := place_of(step.text):
        scenario.reach(place.step)
    else:
        scenario.execute(step)
