"""The goals of a lesson hold at the end of each of its steps, whenever it is played, and a sabotage is named."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from liqolab.atlas.goal import compare, load_goal
from liqolab.atlas.live import Atlas
from liqolab.atlas.world import World
from liqolab.playground.home import Playground
from liqolab.scenario.lesson import Lesson, load_lesson
from liqolab.scenario.library import lesson_names
from liqolab.scenario.runner import Player
from liqolab.scenario.session import close_playground, open_lab
from liqolab.steps.lab import Lab

pytestmark = [pytest.mark.embedded, pytest.mark.journey]

_PATIENCE_SECONDS = 60
_LESSON = "offloading-with-policies"

SELECT_CENTER = """
kubectl patch namespaceoffloading offloading -n liqo-demo --type merge -p \
  '{"spec": {"clusterSelector": {"nodeSelectorTerms": [{"matchExpressions":
    [{"key": "topology.liqo.io/region", "operator": "In", "values": ["center"]}]}]}}}'
"""
SELECT_SOUTH = SELECT_CENTER.replace("center", "south")


class Played:
    """A lesson that is being played, and the live world beside it."""

    def __init__(self, lesson: Lesson, lab: Lab, playground: Playground) -> None:
        self.lesson = lesson
        self.lab = lab
        self.player = Player(lesson, lab)
        self._clusters = playground.clusters

    def kubeconfigs(self) -> dict[str, Path]:
        return {spec.name: self._clusters / spec.name / "kubeconfig" for spec in self.lesson.clusters}

    def carry_out(self, step: str) -> None:
        """Run a step's commands. Its checks are other tests' matter: here the goal says when it is done."""
        scenario = next(entry for entry in self.lesson.feature.scenarios if entry.step == step)
        for part in scenario.steps:
            if part.kind == "when":
                self.player.execute(part)

    def type(self, text: str) -> None:
        done = self.lab.run(text, _PATIENCE_SECONDS)
        assert done.code == 0, done.output

    def deviations(self, step: str, *awaited: str) -> list[str]:
        """How the clusters differ from the step's goal, as soon as that contains all that is awaited, or is nothing."""
        goal = load_goal(self.lesson.name, step)
        assert goal is not None
        return asyncio.run(self._deviations(goal, awaited))

    async def _deviations(self, goal: World, awaited: tuple[str, ...]) -> list[str]:
        said: list[str] = []
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), Atlas(self.kubeconfigs) as atlas:
                async for world in atlas.changes():
                    if len(world.clusters) < len(list(filter(Path.exists, self.kubeconfigs().values()))):
                        continue
                    said = [str(deviation) for deviation in compare(goal, world)]
                    if all(any(text in one for one in said) for text in awaited) and bool(awaited) == bool(said):
                        return said
        except TimeoutError:
            pytest.fail(f"awaited {awaited or 'the goal'}, but:\n" + "\n".join(said))
        return said


@pytest.fixture(params=[_LESSON])
def played(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    monkeypatch.setenv("HOME", str(tmp_path))
    playground = Playground("goals", tmp_path / "home")
    lesson = load_lesson(request.param)
    try:
        with open_lab(playground, lesson) as lab:
            yield Played(lesson, lab, playground)
    finally:
        close_playground(playground)


def test_the_goals_hold_and_a_sabotage_is_named(played: Played) -> None:
    for step in [entry.id for entry in played.lesson.steps]:
        played.carry_out(step)
        assert played.deviations(step) == [], step
        if step == "deploy":
            _choose_the_wrong_cluster(played, step)
        elif step == "uninstall":
            _delete_what_was_made(played, step)


@pytest.mark.parametrize("played", [name for name in lesson_names() if name != _LESSON], indirect=True)
def test_the_goals_of_the_other_lessons_hold_too(played: Played) -> None:
    for step in [entry.id for entry in played.lesson.steps]:
        played.carry_out(step)
        assert played.deviations(step) == [], step


def _choose_the_wrong_cluster(played: Played, step: str) -> None:
    played.type(SELECT_CENTER)
    said = played.deviations(
        step,
        "venice: namespace liqo-demo: offloaded to is florence, should be naples",
        "florence: namespace liqo-demo is there and should not be",
        "naples: namespace liqo-demo is missing",
        "naples: pod app-south in liqo-demo is missing",
    )
    selector = "cluster selector is topology.liqo.io/region=center, should be topology.liqo.io/region=south"
    assert f"venice: namespace liqo-demo: {selector}" in said
    played.type(SELECT_SOUTH)
    played.type("kubectl delete pods -n liqo-demo --all --wait=false")
    assert played.deviations(step) == []


def _delete_what_was_made(played: Played, step: str) -> None:
    """Not to be repaired: what follows destroys the clusters."""
    played.type("kubectl delete namespace liqo-demo --wait=false")
    said = played.deviations(step, "venice: namespace liqo-demo is missing")
    assert "venice: pod app-center in liqo-demo is missing" in said
