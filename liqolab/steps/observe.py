"""Assertions over time, driven by one LIST and one WATCH each: no polling, no sleeping.

`observe` keeps the set of matching objects current and asks a predicate after every change. What the predicate answers
is either that it holds, or a sentence about why it does not yet, and the history of those sentences becomes the
timeline of a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from liqolab.apimachinery.resources import Object
from liqolab.steps.failure import CheckFailedError, Failure, Moment, Target
from liqolab.steps.timing import Timing

if TYPE_CHECKING:
    from liqolab.steps.clusters import Cluster

Predicate = Callable[[list[Object]], str | None]
"""None when it holds, else why not, in words a person can act on."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is observed: objects of one kind, of one namespace or all, narrowed by selectors."""

    cluster: Cluster
    kind: str
    namespace: str | None = None
    labels: str = ""
    fields: str = ""

    @classmethod
    def named(cls, cluster: Cluster, kind: str, name: str, namespace: str | None = None) -> Subject:
        return cls(cluster, kind, namespace, fields=f"metadata.name={name}")

    @property
    def target(self) -> Target:
        name = self.fields.removeprefix("metadata.name=") if self.fields.startswith("metadata.name=") else ""
        return Target(self.cluster.name, self.kind, name, self.namespace, self.labels)

    def __str__(self) -> str:
        return str(self.target)


def observe(subject: Subject, holds: Predicate, timing: Timing) -> None:
    """Assert that `holds` becomes, stays or is true of the subject, as `timing` says.

    Raises:
        CheckFailedError: it does not, or the cluster cannot be asked.
    """
    history: list[tuple[float, str | None]] = []
    started = time.monotonic()
    deadline = started + timing.seconds

    def judge(items: list[Object], *, known: bool = True) -> bool:
        """Record the verdict; True when the outcome is decided. Of an unknown kind nothing holds, not even absence."""
        reason = holds(items) if known else f'the cluster knows no kind "{subject.kind}"'
        if not history or history[-1][1] != reason:
            history.append((time.monotonic() - started, reason))
        return reason is None if timing.kind in ("within", "never") else reason is not None

    while True:
        listing = subject.cluster.list(subject.kind, subject.namespace, labels=subject.labels, fields=subject.fields)
        current = {_identity(item): item for item in listing.items}
        decided = judge(list(current.values()), known=bool(listing.revision))
        if not decided and listing.revision and timing.kind != "now":
            decided = _follow(subject, current, listing.revision, deadline, judge)
        if decided or timing.kind == "now" or time.monotonic() >= deadline:
            break
        if not listing.revision:
            # The kind itself is not there yet, so there is nothing to watch: its definition may appear.
            _await_kind(subject, deadline)
    if (history[-1][1] is None) == (timing.kind == "never"):
        raise CheckFailedError(_failure(subject, timing, history))


def _follow(
    subject: Subject,
    current: dict[str, Object],
    revision: str,
    deadline: float,
    judge: Callable[[list[Object]], bool],
) -> bool:
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        return False
    events = subject.cluster.watch(
        subject.kind, subject.namespace, revision, remaining, labels=subject.labels, fields=subject.fields
    )
    for change, item in events:
        if change == "DELETED":
            current.pop(_identity(item), None)
        elif change in ("ADDED", "MODIFIED"):
            current[_identity(item)] = item
        if judge(list(current.values())):
            return True
        if time.monotonic() >= deadline:
            return False
    return False


def _await_kind(subject: Subject, deadline: float) -> None:
    definitions = Subject(subject.cluster, "customresourcedefinition")
    listing = definitions.cluster.list(definitions.kind)
    remaining = min(deadline - time.monotonic(), 5.0)
    for _ in subject.cluster.watch(definitions.kind, None, listing.revision, remaining):
        return


def _identity(item: Object) -> str:
    metadata = item["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


def _failure(subject: Subject, timing: Timing, history: list[tuple[float, str | None]]) -> Failure:
    words = {"within": "not within {0:g}s", "for": "it did not stay so for {0:g}s", "never": "watched for {0:g}s"}
    last = history[-1][1] or "it is so, and should never have been"
    return Failure(
        summary=f"{subject}: {last}",
        target=subject.target,
        timing=words.get(timing.kind, "").format(timing.seconds),
        timeline=[Moment(moment, reason or "as expected") for moment, reason in history],
    )
