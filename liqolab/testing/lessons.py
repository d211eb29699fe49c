"""Leases for scenarios that build upon a lesson, in one playground: its own, and those that say where they start.

A scenario with a ``@step:`` tag that stands in a lesson's feature says from where it starts, and the player converges
to there from wherever the playground stands, so any selection of them runs in any order. A scenario of anybody's own
that begins with ``Given the lesson has reached "…"`` starts there too; where it leaves the playground nobody knows.
"""

from __future__ import annotations

from liqolab.playground.providers import Choice, settle
from liqolab.scenario.lesson import Key, Lesson, lessons_by_feature
from liqolab.scenario.places import lesson_at, place_of
from liqolab.scenario.runner import Player
from liqolab.scenario.session import close_playground, open_lab
from liqolab.steps.lab import Lab
from liqolab.testing.leases import new_playground
from liqolab.testing.plan import Plan


def lesson_of(plan: Plan | None) -> Key | None:
    """The lesson that a scenario is a step of, or starts from; None for all others."""
    if plan is None:
        return None
    if plan.scenario.step:
        return lessons_by_feature().get(plan.feature.path.resolve())
    sentences = [step.text for step in plan.scenario.steps]
    places = [place for place in map(place_of, sentences) if place]
    return lesson_at(places[0], sentences) if places else None


class LessonPool:
    """One lesson's playground."""

    def __init__(self, lesson: Lesson, choice: Choice) -> None:
        self._playground = new_playground()
        settle(self._playground, choice)
        self._lab = open_lab(self._playground, lesson)
        self._player = Player(lesson, self._lab)
        self.kept: list[str] = []

    def lease(self, plan: Plan | None) -> LessonLease:
        assert plan is not None
        return LessonLease(self._lab, self._player, plan.scenario.step)

    def close(self) -> None:
        """End the bash and the clusters."""
        self._lab.close()
        close_playground(self._playground)


class LessonLease:
    """A lesson's step under way."""

    def __init__(self, lab: Lab, player: Player, step: str) -> None:
        self.lab = lab
        self._player = player
        self._step = step

    def reach(self, step: str) -> None:
        self._player.reach(step)

    def end(self, *, failed: bool) -> None:
        """Note where the lesson stands; after one that broke halfway, or is no step of it, no other may build on it."""
        if failed or not self._step:
            self._player.lost()
        else:
            self._player.done(self._step)
