"""Rounds of chaos: a short one here, as many as anybody likes with ``make chaos``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from liqolab.steps.residue import Inventory, inventory
from tests.chaos.plan import COMPONENTS, Action, decide, load
from tests.chaos.rounds import play
from tests.chaos.stage import Stage, staged

CLUSTERS = 3


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, Inventory]]:
    with staged(tmp_path_factory.mktemp("chaos"), decide(0, clusters=CLUSTERS).clusters) as made:
        yield made, inventory(list(made.clusters.values()))


@pytest.mark.journey
@pytest.mark.parametrize("seed", [2, 3])
def test_whatever_is_broken_all_converges_when_it_is_healed(stage: tuple[Stage, Inventory], seed: int) -> None:
    play(decide(seed, clusters=CLUSTERS), *stage, tell=print)


def test_a_seed_decides_everything_and_a_file_holds_the_decisions(tmp_path: Path) -> None:
    plans = [decide(seed, clusters=4, length=20) for seed in range(50)]
    assert plans == [decide(seed, clusters=4, length=20) for seed in range(50)]
    assert len({plan.actions for plan in plans}) == 50
    for plan in plans[:5]:
        plan.save(tmp_path / "journal.json")
        assert load(tmp_path / "journal.json") == plan


def test_plans_break_clusters_links_and_every_component() -> None:
    actions = [action for seed in range(200) for action in decide(seed, length=20).actions]
    assert {action.what for action in actions} >= {
        "kill",
        "pause",
        "cut",
        "heal",
        "peer",
        "unpeer",
        "unoffload",
        "evict",
    }
    assert {action.detail for action in actions if action.what == "crash"} == set(COMPONENTS)


def test_an_action_is_told_as_it_is_typed() -> None:
    assert str(Action("crash", ("venice",), "gateway")) == "crash venice gateway"
