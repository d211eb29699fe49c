"""Verdicts on objects: what is wrong with one, and what follows for one, some or every object of a subject.

What a state is, and why one that is misspelt is an error, is told in `sentences.states`; this is where it is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches

from liqolab.apimachinery.resources import Object
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Difference
from liqolab.steps.observe import Miss, Predicate

PHASES = frozenset({"Pending", "Running", "Succeeded", "Failed", "Unknown", "Active", "Bound", "Released", "Lost"})
_CONDITIONS = {"Scheduled": "PodScheduled", "Completed": "Complete"}
_DELETED = "Terminating"
_USUAL = frozenset(
    {"Available", "Complete", "Ready", "Progressing", "Established", "Initialized", "ContainersReady", "Suspended"}
)
"""Conditions that an object may not have yet, and that are meant all the same."""
_MISSPELT = 0.85
_MOST_TOLD = 8
KNOWN_STATES = PHASES | _USUAL | _CONDITIONS.keys() | {_DELETED}
"""States that are meant wherever they are said, whether the object speaks of them or not."""

Verdict = Callable[[Object], Miss | str | None]
"""What is wrong with one object; None when nothing is."""


def in_state(state: str) -> Verdict:
    """Why an object is not in a state; the verdict raises CheckFailedError where the state is misspelt."""

    def verdict(item: Object) -> Miss | str | None:
        _refuse_misspelt(state, item)
        if item["metadata"].get("deletionTimestamp"):
            return None if state == _DELETED else "is being deleted"
        if state == _DELETED or state in PHASES:
            return _phase_is(item, state)
        condition = _CONDITIONS.get(state, state)
        if find_condition(item, condition) is None and state in phases_of(item).values():
            return None
        return _condition_is(item, condition, "True", None)

    return verdict


def not_in_state(state: str) -> Verdict:
    """Why an object is in a state, or why nobody can say that it is not."""
    in_it = in_state(state)

    def verdict(item: Object) -> Miss | None:
        _refuse_misspelt(state, item)
        told = _told(item)
        if state not in KNOWN_STATES | told:
            return Miss(f"says nothing of {state} (it says {', '.join(sorted(told)) or 'nothing at all'})")
        return None if in_it(item) else Miss(f"is {state}", actual=item.get("status"))

    return verdict


def condition_is(type: str, status: str = "True", reason: str | None = None) -> Predicate:
    """Why one object has not that condition."""
    return one(lambda item: _condition_is(item, type, status, reason))


def find_condition(item: Object, type: str) -> Object | None:
    """The object's condition of a type, if it has one."""
    return next((condition for condition in conditions_of(item) if condition["type"] == type), None)


def conditions_of(item: Object) -> list[Object]:
    """The conditions of an object's status; what is none, as objects of any shape may have, is left out."""
    conditions = _status(item).get("conditions")
    rows = conditions if isinstance(conditions, list) else []
    return [row for row in rows if isinstance(row, dict) and isinstance(row.get("type"), str) and row.get("status")]


def phases_of(item: Object) -> dict[str, str]:
    """The fields of its status in which an object says its phase: ``phase``, or ``offloadingPhase`` and its like."""
    return {
        name: value
        for name, value in _status(item).items()
        if name.lower().endswith("phase") and isinstance(value, str)
    }


def one(verdict: Verdict) -> Predicate:
    """Holds when the object exists and the verdict on it is good."""

    def holds(items: list[Object]) -> Miss | str | None:
        return verdict(items[0]) if items else "it does not exist"

    return holds


is_there: Predicate = one(lambda _: None)
"""Holds when the object exists, whatever is to be said of it."""


def some(verdict: Verdict) -> Predicate:
    """Holds when the verdict is good on at least one living object; otherwise tells of each why not."""
    verdict = remembering(verdict)

    def holds(items: list[Object]) -> Miss | str | None:
        living = [item for item in items if not item["metadata"].get("deletionTimestamp")]
        if not living:
            return "there is none"
        misses = [_missed(verdict(item)) for item in living]
        return None if None in misses else _together(living, misses)

    return holds


def every(verdict: Verdict) -> Predicate:
    """Holds when there are objects and the verdict is good on all of them; otherwise tells of those it is not."""
    verdict = remembering(verdict)

    def holds(items: list[Object]) -> Miss | str | None:
        if not items:
            return "there is none"
        misses = [_missed(verdict(item)) for item in items]
        wrong = [(item, miss) for item, miss in zip(items, misses, strict=True) if miss]
        return _together([item for item, _ in wrong], [miss for _, miss in wrong]) if wrong else None

    return holds


def remembering(verdict: Verdict) -> Verdict:
    """The same verdict, given once for each object as it came: of thousands, one has changed as a rule."""
    given: dict[tuple[str, str], tuple[Object, Miss | str | None]] = {}

    def remembered(item: Object) -> Miss | str | None:
        name = item["metadata"].get("namespace", ""), item["metadata"]["name"]
        known = given.get(name)
        if known is None or known[0] is not item:
            known = given[name] = (item, verdict(item))
        return known[1]

    return remembered


def _status(item: Object) -> Object:
    status = item.get("status")
    return status if isinstance(status, dict) else {}


def _told(item: Object) -> frozenset[str]:
    """The states that an object speaks of: its phase, and its conditions whatever their status."""
    return frozenset({*phases_of(item).values(), *(condition["type"] for condition in conditions_of(item))})


def _refuse_misspelt(state: str, item: Object) -> None:
    known = KNOWN_STATES | _told(item)
    if state not in known and (near := get_close_matches(state, known, 1, _MISSPELT)):
        raise CheckFailedError(f'"{state}" is no state of a {item["kind"].lower()}; did you mean {near[0]}?')


def _phase_is(item: Object, state: str) -> Miss | str | None:
    phases = phases_of(item)
    if state in phases.values():
        return None
    field, phase = next(iter(phases.items()), ("phase", "nothing"))
    return Miss(f"is {phase}" if phases else "has no phase", (Difference(f".status.{field}", state, phase),))


def _condition_is(item: Object, type: str, status: str, reason: str | None) -> Miss | None:
    found = find_condition(item, type)
    path = f".status.conditions[?(@.type=='{type}')]"
    if found is None:
        known = ", ".join(each["type"] for each in conditions_of(item)) or "none"
        return Miss(f"has no condition {type} (it has {known})", (Difference(f"{path}.status", status, "missing"),))
    wrong = []
    if found["status"] != status:
        wrong.append(Difference(f"{path}.status", status, found["status"]))
    if reason is not None and found.get("reason") != reason:
        wrong.append(Difference(f"{path}.reason", reason, found.get("reason") or "nothing"))
    if not wrong:
        return None
    said = f": {found.get('reason', '')} {found.get('message', '')}".rstrip(" :")
    return Miss(f"condition {type} is {found['status']}{said}", tuple(wrong))


def _missed(verdict: Miss | str | None) -> Miss | None:
    return Miss(verdict) if isinstance(verdict, str) else verdict


def _together(items: Sequence[Object], misses: Sequence[Miss | None]) -> Miss:
    """One miss for several objects; the evidence is that of the one that came closest."""
    told = [(item["metadata"]["name"], miss) for item, miss in zip(items, misses, strict=True) if miss]
    name, closest = min(told, key=lambda pair: len(pair[1].differences) or len(told))
    summary = "; ".join(f"{name} {miss.summary}" for name, miss in told[:_MOST_TOLD])
    if len(told) > _MOST_TOLD:
        summary += f"; and {len(told) - _MOST_TOLD} more"
    nearest = name if len(told) > 1 else ""
    return Miss(summary, closest.differences, closest.expected, closest.actual, closest.nearest or nearest)
