"""Sentences about objects of any kind: there or not, and how many.

A kind is written as kubectl takes it: singular, plural or short name, with or without its group. A cluster that does
not know a kind fails every check of it, and one that does not answer fails every check at all: absence has to be seen.
"""

from __future__ import annotations

from collections.abc import Callable

from liqolab.apimachinery.resources import Object
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Miss, Predicate, Subject, observe
from liqolab.steps.registry import then
from liqolab.steps.subjects import matching
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import in_state, is_there, remembering

_NAMES_TOLD = 8


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] exists", existence=True)
def exists(subject: Subject, timing: Timing) -> None:
    """Holds when there is an object of that name, whatever its state."""
    observe(subject, is_there, timing)


@then(
    "{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] does not exist", negative=True, existence=True
)
def does_not_exist(subject: Subject, timing: Timing) -> None:
    """Holds when a cluster that answers and knows the kind has no object of that name, not even one being deleted."""
    observe(subject, _absent, timing)


@then(
    "no {kind:kind}[ matching {labels}][ in namespace {namespace}][ in cluster {cluster}] exists",
    negative=True,
    existence=True,
)
def none_exists(subject: Subject, timing: Timing) -> None:
    """Holds when a cluster that answers and knows the kind has no object that the label selector chooses."""
    observe(subject, _absent, timing)


@then(
    "exactly {count:int} {kind:kind}[ matching {labels}][ in namespace {namespace}][ in cluster {cluster}] exist",
    existence=True,
)
def exactly_exist(subject: Subject, count: int, timing: Timing) -> None:
    """Holds when there are that many objects, in whatever state."""
    observe(subject, _counted(lambda number: number == count, None), timing)


@then(
    "at least {count:int} {kind:kind}[ matching {labels}][ in namespace {namespace}][ in cluster {cluster}] exist",
    existence=True,
)
def at_least_exist(subject: Subject, count: int, timing: Timing) -> None:
    """Holds when there are that many objects or more, in whatever state."""
    observe(subject, _counted(lambda number: number >= count, None), timing)


@then(
    "at most {count:int} {kind:kind}[ matching {labels}][ in namespace {namespace}][ in cluster {cluster}] exist",
    negative=True,
    existence=True,
)
def at_most_exist(subject: Subject, count: int, timing: Timing) -> None:
    """Holds when there are no more objects than that, in whatever state; `for 5s` makes sure of it."""
    observe(subject, _counted(lambda number: number <= count, None), timing)


@then(
    "exactly {count:int} {kind:kind}[ matching {labels}][ in namespace {namespace}][ in cluster {cluster}]"
    " are {state:state}"
)
def exactly_in_state(subject: Subject, count: int, state: str, timing: Timing) -> None:
    """Holds when that many of the objects are in that state, however many others there are."""
    observe(subject, _counted(lambda number: number == count, state), timing)


@then(
    "at least {count:int} {kind:kind}[ matching {labels}][ in namespace {namespace}][ in cluster {cluster}]"
    " are {state:state}"
)
def at_least_in_state(subject: Subject, count: int, state: str, timing: Timing) -> None:
    """Holds when that many of the objects, or more, are in that state."""
    observe(subject, _counted(lambda number: number >= count, state), timing)


@then(
    "at most {count:int} {kind:kind}[ matching {labels}][ in namespace {namespace}][ in cluster {cluster}]"
    " are {state:state}",
    negative=True,
)
def at_most_in_state(subject: Subject, count: int, state: str, timing: Timing) -> None:
    """Holds when no more of the objects than that are in that state."""
    observe(subject, _counted(lambda number: number <= count, state), timing)


@then("cluster {cluster} knows no kind of group {group}", negative=True)
def no_kind_of_group(lab: Lab, cluster: str, group: str, timing: Timing) -> None:
    """Holds when no CustomResourceDefinition is of that API group or of one below it (`liqo.io`: `net.liqo.io` too)."""

    def holds(items: list[Object]) -> str | None:
        left = [item["metadata"]["name"] for item in items if f".{item['spec']['group']}".endswith(f".{group}")]
        return f"it still defines {', '.join(left)}" if left else None

    observe(matching(lab, "customresourcedefinition", None, None, cluster), holds, timing)


@then("cluster {cluster} does not exist", negative=True, existence=True)
def cluster_does_not_exist(lab: Lab, cluster: str) -> None:
    """Holds when the playground has no cluster of that name; one that does not answer exists all the same."""
    if lab.has_cluster(cluster):
        raise CheckFailedError(f'cluster "{cluster}" exists')


def _absent(items: list[Object]) -> Miss | None:
    return Miss(f"it exists{_names(items)}", actual=items[0]) if items else None


def _counted(enough: Callable[[int], bool], state: str | None) -> Predicate:
    """Judges how many objects there are, or how many of them are in a state."""
    verdict_on = remembering(in_state(state)) if state else lambda item: None

    def holds(items: list[Object]) -> str | None:
        verdicts = [verdict_on(item) for item in items]
        number = sum(verdict is None for verdict in verdicts)
        if enough(number):
            return None
        if state is None:
            return f"{number} of them exist{_names(items)}"
        others = [
            f"{item['metadata']['name']} {verdict.summary if isinstance(verdict, Miss) else verdict}"
            for item, verdict in zip(items, verdicts, strict=True)
            if verdict
        ]
        return f"{number} of {len(items)} are {state}" + (f" ({'; '.join(others[:_NAMES_TOLD])})" if others else "")

    return holds


def _names(items: list[Object]) -> str:
    names = [item["metadata"]["name"] for item in items]
    more = f" and {len(names) - _NAMES_TOLD} more" if len(names) > _NAMES_TOLD else ""
    return f": {', '.join(names[:_NAMES_TOLD])}{more}" if names else ""
