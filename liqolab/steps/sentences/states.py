"""Sentences about the state of objects: the API's own words for it, phases and conditions alike.

A state is a phase (*Pending*, *Running*, *Succeeded*, *Failed*, *Active*, *Bound* and so on) or, with any other word, a
condition that is ``True`` (*Ready*, *Available*, *Progressing*, *Complete*; *Scheduled* is ``PodScheduled``). An object
that is being deleted is *Terminating* and nothing else. A state that is misspelt fails every sentence with it, lest
``is not Runing`` hold of everything.
"""

from __future__ import annotations

from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.observe import Subject, observe
from liqolab.steps.registry import then
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import condition_is, every, in_state, not_in_state, one, some


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] is {state:state}")
def is_in_state(subject: Subject, state: str, timing: Timing) -> None:
    """Holds when the object exists, is not being deleted, and its phase or condition of that name says so."""
    observe(subject, one(in_state(state)), timing)


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] is not {state:state}", negative=True)
def is_not_in_state(subject: Subject, state: str, timing: Timing) -> None:
    """Holds when the object exists and is in another state. That it does not exist is another sentence.

    Of a state that is neither among the usual ones nor any of the object's own this cannot be said.
    """
    observe(subject, one(not_in_state(state)), timing)


@then("{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] stays {state:state}")
def stays_in_state(subject: Subject, state: str, timing: Timing) -> None:
    """Holds when the object is in that state now and all the time that `for 10s` says; that ending has to be there."""
    if timing.kind != "for":
        raise CheckFailedError(f"for how long does it stay {state}? End the sentence in: for 10s")
    observe(subject, one(in_state(state)), timing)


@then("a {kind:kind} matching {labels}[ in namespace {namespace}][ in cluster {cluster}] is {state:state}")
def some_is_in_state(subject: Subject, state: str, timing: Timing) -> None:
    """Holds when at least one of the objects that the label selector chooses is in that state."""
    observe(subject, some(in_state(state)), timing)


@then("every {kind:kind}[ matching {labels}][ in namespace {namespace}][ in cluster {cluster}] is {state:state}")
def every_is_in_state(subject: Subject, state: str, timing: Timing) -> None:
    """Holds when there is at least one such object and all of them are in that state."""
    observe(subject, every(in_state(state)), timing)


@then(
    "{kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] has condition {condition} = {status}"
    "[ with reason {reason}]"
)
def has_condition(subject: Subject, condition: str, status: str, reason: str | None, timing: Timing) -> None:
    """Holds when the object has a condition of that type with that status (and that reason, where one is named)."""
    observe(subject, condition_is(condition, status, reason), timing)
