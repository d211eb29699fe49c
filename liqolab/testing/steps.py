"""The whole vocabulary as one pytest-bdd step, registered with pytest as a plugin module.

One catch-all, and not a pytest-bdd step for each sentence: matching stays the registry's business (time suffixes,
languages, optional parts), and pytest-bdd, which asks every definition about every step, has one to ask. Steps of the
users' own stand beside it as usual.
"""

from __future__ import annotations

from typing import Any

import pytest
import pytest_bdd
from pytest_bdd.parsers import StepParser

from liqolab.testing.running import current_scenario
from liqolab.testing.sentences import REACHED, is_sentence


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
    reached = REACHED.fullmatch(step.text)
    if reached:
        scenario.reach(reached.group(1))
    else:
        scenario.execute(step)
