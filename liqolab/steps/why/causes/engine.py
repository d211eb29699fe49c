"""How a cause is found: from an object to what it suffers from, and on from there, until something is a root.

A `Rule` looks at one object and knows one shape of trouble. It answers with a `Finding` only where the clusters' words
prove it: either a root, or a link to another object that the trouble comes from. A chain whose last link leads nowhere
is dropped whole, since a plausible guess is worse than silence. A rule that needs what a cluster does not say
(`SilentError`) says nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Resource
from liqolab.steps.failing.evidence import Evidence, SilentError

_LONGEST = 8


@dataclass(frozen=True, slots=True)
class Place:
    """One object, or where it would be; without a name, the objects that `labels` select."""

    cluster: str
    resource: Resource
    name: str
    namespace: str | None = None
    labels: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One step from what is seen towards its root.

    Attributes:
        text: one sentence, which can be checked by looking.
        because: where the trouble comes from; None when this is the root.
    """

    text: str
    because: Place | None = None


@dataclass(frozen=True)
class Case:
    """What a rule looks at: an object that exists, as a cluster shows it, and everything that can be asked."""

    evidence: Evidence
    cluster: str
    resource: Resource
    object: Object

    @cached_property
    def name(self) -> str:
        return meta.name(self.object)

    @cached_property
    def namespace(self) -> str:
        return meta.namespace(self.object)

    @property
    def title(self) -> str:
        """What the object is called in a sentence: ``pod "x"``."""
        return titled(self.resource, self.name)

    def place(self, resource: Resource, item: Object) -> Place:
        """Another object of the same cluster."""
        return Place(self.cluster, resource, meta.name(item), meta.namespace(item) or None)


def titled(resource: Resource, name: str) -> str:
    return f'{resource.kind.lower()} "{name}"'


Rule = Callable[[Case], Finding | None]
"""Looks at an object that exists."""

Absence = Callable[[Evidence, Place], Finding | None]
"""Looks at a place where an object was expected and there is none."""


@dataclass(frozen=True, slots=True)
class Engine:
    """All rules, by kind; those of the empty kind are for every object and come first.

    Attributes:
        rules: kind → rules, the most certain first.
        absences: for places where there is nothing.
        silence: what is said of a cluster that does not answer.
    """

    rules: dict[str, Sequence[Rule]]
    absences: Sequence[Absence]
    silence: Callable[[SilentError], str]

    def chain(self, evidence: Evidence, place: Place) -> list[str]:
        """Sentences from what is seen to its root; empty when nothing known is wrong, or nothing is certain."""
        return self._follow(evidence, place, frozenset())

    def _follow(self, evidence: Evidence, place: Place, seen: frozenset[Place]) -> list[str]:
        silence = evidence.silence(place.cluster)
        if silence is not None:
            return [self.silence(silence)]
        if place in seen or len(seen) >= _LONGEST:
            return []
        for found in self._findings(evidence, place):
            if found.because is None:
                return [found.text]
            # A link that leads nowhere is given up for what the next rule finds.
            if rest := self._follow(evidence, found.because, seen | {place}):
                return [found.text, *rest]
        return []

    def _findings(self, evidence: Evidence, place: Place) -> Iterator[Finding]:
        try:
            present = evidence.get(place.cluster, place.resource, place.name, place.namespace) if place.name else None
        except SilentError:
            return
        if present is None:
            looks = [partial(rule, evidence, place) for rule in self.absences]
        else:
            case = Case(evidence, place.cluster, place.resource, present)
            looks = [partial(rule, case) for rule in (*self.rules[""], *self.rules.get(place.resource.kind, ()))]
        for look in looks:
            with contextlib.suppress(SilentError):
                if (found := look()) is not None:
                    yield found
