"""Where in a lesson a scenario begins: the one sentence that is the player's own, and which lesson it means.

Lessons call their steps alike ("deploy", "destroy"), so a scenario outside of a lesson may name the lesson too. One
that does not means the lesson that has the clusters which the scenario speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from liqolab.scenario import DEFAULT_LESSON
from liqolab.scenario.lesson import Key, Lesson, lessons_by_feature, load_lesson
from liqolab.steps.quoting import CONTENT

_SENTENCE = re.compile(
    rf'(?:the lesson(?: "(?P<lesson>{CONTENT})")? has reached'
    rf'|(?:che )?la lezione(?: "(?P<lezione>{CONTENT})")? (?:ha raggiunto|è arrivata a)) "(?P<step>{CONTENT})"'
)
_QUOTED = re.compile(rf'"({CONTENT})"')


@dataclass(frozen=True, slots=True)
class Place:
    """The end of a lesson's step.

    Attributes:
        lesson: as the sentence names it; empty where it does not.
        column: where in the sentence the step's id begins, from 0.
    """

    lesson: str
    step: str
    column: int


def place_of(sentence: str) -> Place | None:
    """The place that a sentence says has been reached, in any language; None for all other sentences."""
    found = _SENTENCE.fullmatch(sentence)
    return Place(found["lesson"] or found["lezione"] or "", found["step"], found.start("step")) if found else None


def steps_of(place: Place) -> set[str]:
    """Ids of the steps that could be meant: those of the lesson that is named, else those of all lessons."""
    return {step.id for _, lesson in _lessons(place) for step in lesson.steps}


def lesson_at(place: Place, sentences: Iterable[str]) -> Key | None:
    """The lesson that a scenario begins in.

    Args:
        place: what one of its sentences says.
        sentences: all of them. Of lessons with such a step, the one is meant that has every cluster which they name;
            where several do, the one that liqolab begins with, else the first by name.
    """
    found = [(key, lesson) for key, lesson in _lessons(place) if any(step.id == place.step for step in lesson.steps)]
    named = {word for sentence in sentences for word in _QUOTED.findall(sentence)}
    clusters = {key: {cluster.name for cluster in lesson.clusters} for key, lesson in found}
    wanted = named & set().union(*clusters.values())
    fitting = [key for key, names in clusters.items() if wanted <= names] or list(clusters)
    return min(fitting, key=lambda key: (key[0] != DEFAULT_LESSON, key), default=None)


def _lessons(place: Place) -> list[tuple[Key, Lesson]]:
    keys = sorted(key for key in lessons_by_feature().values() if place.lesson in ("", key[0]))
    return [(key, load_lesson(*key)) for key in keys]
