"""The vocabulary under pytest-bdd: the same functions, the same features.

Loaded as a pytest plugin (``-p liqolab.pytest_plugin``, or `pytest_plugins` of a conftest). Each sentence of the
registry becomes a pytest-bdd step; a lesson's scenarios share one playground a session, and each converges to the step
it needs, so any selection of them runs in any order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_bdd
from pytest_bdd.parsers import StepParser

from liqolab.playground.home import Playground
from liqolab.scenario.lesson import Lesson, load_lesson
from liqolab.scenario.runner import Player
from liqolab.scenario.session import close_playground, open_lab
from liqolab.steps.lab import Lab
from liqolab.steps.registry import Step
from liqolab.steps.vocabulary import REGISTRY

_STEP_MARK = "step:"


class SentenceParser(StepParser):
    """Lets pytest-bdd match sentences the way the registry does, time suffix included."""

    def __init__(self, step: Step) -> None:
        """Match `step` only."""
        super().__init__(step.sentence)
        self._step = step

    def is_matching(self, name: str) -> bool:
        return self._step.match(name) is not None

    def parse_arguments(self, name: str) -> dict[str, Any] | None:
        return self._step.match(name)


def _register() -> None:
    for entry in REGISTRY:
        define = pytest_bdd.step(SentenceParser(entry), stacklevel=2)
        define(entry.function)


_register()


@pytest_bdd.given(pytest_bdd.parsers.parse('the lesson has reached "{step}"'))
def _the_lesson_has_reached(player: Player, step: str) -> None:
    player.reach(step)


# Before pytest-bdd's own, which makes a mark of every tag: the first answer counts.
@pytest.hookimpl(tryfirst=True)
def pytest_bdd_apply_tag(tag: str, function: Any) -> bool | None:
    """A lesson's step ids are no pytest marks; everything else is."""
    if tag.startswith(_STEP_MARK):
        return True
    return None


def pytest_bdd_after_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    """A scenario that passed leaves the playground where its lesson's step ends."""
    step = next((tag.removeprefix(_STEP_MARK) for tag in scenario.tags if tag.startswith(_STEP_MARK)), None)
    if step and "player" in request.fixturenames:
        request.getfixturevalue("player").done(step)


def pytest_bdd_step_error(request: pytest.FixtureRequest) -> None:
    """A scenario that broke halfway leaves the playground in a state that no other may build upon."""
    if "player" in request.fixturenames:
        request.getfixturevalue("player").lost()


@pytest.fixture(scope="session")
def lesson() -> Lesson:
    """The lesson that ``LIQOLAB_LESSON`` names; the seed tutorial by default."""
    return load_lesson(os.environ.get("LIQOLAB_LESSON", "offloading-with-policies"))


@pytest.fixture(scope="session")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A playground of this session's own, gone afterwards whatever happened."""
    own = Playground("session", Path(tmp_path_factory.mktemp("liqolab")))
    try:
        yield own
    finally:
        close_playground(own)


@pytest.fixture(scope="session")
def lab(playground: Playground, lesson: Lesson) -> Iterator[Lab]:
    """The lesson's bash and clusters."""
    with open_lab(playground, lesson) as opened:
        yield opened


@pytest.fixture(scope="session")
def player(lesson: Lesson, lab: Lab) -> Player:
    """Keeps the lesson's position across scenarios."""
    return Player(lesson, lab)
