"""Words in a sentence that cannot have been meant, found before anything runs.

A sentence takes any word for a kind, a state or a cluster, because clusters may know kinds and conditions of their own.
So a word is doubted only where it is nearly one that everybody knows, and a cluster only where the scenario itself says
which clusters there are. What is left is judged by the clusters, when they are asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.library import LessonError
from liqolab.steps.failing.evidence_kinds import known, words
from liqolab.steps.registry import AmbiguousStepError, Registry, Step, UndefinedStepError
from liqolab.steps.text import StepText
from liqolab.steps.verdicts import KNOWN_STATES

Category = Literal["kind", "state", "cluster"]

_LIKE_A_KIND = 0.85
"""Likeness from which a word is a kind misspelt. Tuned: `nod` is (0.86), and JobSet, which people do have, is no `jobs`
(0.8)."""
_LIKE_A_STATE = 0.8
"""There are few states: `Reddy` is as like Ready as this, and no condition that is in use comes as near to another."""
_LIKE_A_CLUSTER = 0.6
_OF_CLUSTERS = ("cluster", "other", "third")
"""Placeholders that stand for clusters."""


@dataclass(frozen=True, slots=True)
class Misspelt:
    """A word of a sentence, and what is wrong with it."""

    category: Category
    word: str
    message: str


def misspelt(step: Step, arguments: dict[str, Any], clusters: Collection[str] | None) -> Iterator[Misspelt]:
    """The words that cannot have been meant, of a sentence that gives the step's function these arguments.

    `clusters` are the names of all that there are; None where nobody can tell.
    """
    if (kind := arguments.get("kind")) is not None and (near := _near_kind(str(kind))):
        yield Misspelt("kind", kind, f'no kind is called "{kind}"; did you mean: {near}')
    if (state := arguments.get("state")) is not None and (near := _near_state(str(state))):
        yield Misspelt("state", state, f'no object is ever "{state}"; did you mean: {near}')
    if clusters is None or (step.existence and step.placeholders == {"cluster"}):
        return
    for name in (arguments[each] for each in _OF_CLUSTERS if arguments.get(each) is not None):
        if name not in clusters:
            nearest = get_close_matches(name, clusters, 1, _LIKE_A_CLUSTER)
            known = f"did you mean: {nearest[0]}" if nearest else f"there are: {', '.join(sorted(clusters))}"
            yield Misspelt("cluster", name, f'there is no cluster "{name}" in this scenario; {known}')


def clusters_of(
    steps: Iterable[StepText], registry: Registry, otherwise: frozenset[str] | None = None
) -> frozenset[str] | None:
    """The clusters that a scenario's own sentences provide, and `otherwise` where they provide none.

    None where nobody can tell, because commands may make more.
    """
    found: set[str] = set()
    for text in steps:
        if "create cluster" in f"{text.text} {text.docstring}":
            return None
        try:
            step, arguments = registry.find(text.text)
        except (UndefinedStepError, AmbiguousStepError):
            continue
        if step.provides_clusters:
            provided = _provided(text, arguments)
            if not provided:
                return None
            found |= provided
    return frozenset(found) or otherwise


def _provided(text: StepText, arguments: dict[str, Any]) -> set[str]:
    """What one sentence provides; nothing where it makes no sense, which others say."""
    if "scenario" in arguments:
        try:
            return {spec.name for spec in load_lesson(arguments["scenario"]).clusters}
        except LessonError:
            return set()
    header, *rows = text.datatable or [[]]
    if "name" not in header:
        return set()
    return {row[header.index("name")] for row in rows if len(row) == len(header)}


def _near_kind(word: str) -> str:
    plain = word.lower()
    # An API may have its own plural, and kinds with their group are of somebody's own.
    if known(plain) or known(f"{plain}s") or "." in plain:
        return ""
    return next(iter(get_close_matches(plain, words(), 1, _LIKE_A_KIND)), "")


def _near_state(word: str) -> str:
    if word in KNOWN_STATES:
        return ""
    near = next(iter(get_close_matches(word, KNOWN_STATES, 1, _LIKE_A_STATE)), "")
    # Unready and Inactive are words of their own.
    return "" if near.lower() in word.lower() else near
