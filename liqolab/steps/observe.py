"""Assertions over time, driven by one LIST and one WATCH each: no polling, no sleeping.

`observe` keeps the set of matching objects current and asks a predicate after every change. What the predicate answers
is either that it holds, or why it does not yet, and the history of those answers becomes the timeline of a failure.

Nothing is ever taken from silence. A LIST that fails fails the check. A watch has to be ended by the server itself, in
good order and not before its time, for the check to believe that nothing happened: a server that died or was stopped
midway makes ``for`` and ``never`` fail just as it makes ``within`` fail.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from liqolab.apimachinery.resources import Object
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Difference, Failure, Moment, Target
from liqolab.steps.timing import Timing

if TYPE_CHECKING:
    from liqolab.steps.clusters import Cluster


@dataclass(frozen=True, slots=True)
class Miss:
    """Why something does not hold, as evidence.

    Attributes:
        summary: what was found instead, in words that go on from the subject: "is Pending", "it does not exist".
        differences: fields that are wrong.
        expected, actual: documents for a diff.
        nearest: what came closest, where nothing matched.
    """

    summary: str
    differences: tuple[Difference, ...] = ()
    expected: Any = None
    actual: Any = None
    nearest: str = ""


Predicate = Callable[[list[Object]], Miss | str | None]
"""None when it holds, else why not, in words a person can act on."""

_RECONNECT_SECONDS, _RECONNECT_MOST_SECONDS = 0.2, 2.0
_DEFINITION_SECONDS = 1.0
"""How long after its definition a kind may take to be served, on a cluster that is slow to tell."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is observed: objects of one kind, narrowed by namespace and selectors.

    Attributes:
        namespace: None for all namespaces, and for kinds that have none.
        home: the namespace that is meant if the kind turns out to have namespaces; of a kind that is not known yet
            nobody can say.
        about: what the check is about, where that is another object than those observed (events of a pod).
        name: the object's, which `fields` ask for; empty where selectors choose.
    """

    cluster: Cluster
    kind: str
    namespace: str | None = None
    labels: str = ""
    fields: str = ""
    home: str | None = None
    about: Target | None = None
    name: str = ""

    @classmethod
    def named(
        cls, cluster: Cluster, kind: str, name: str, namespace: str | None = None, home: str | None = None
    ) -> Subject:
        return cls(cluster, kind, namespace, fields=f"metadata.name={name}", home=home, name=name)

    @property
    def place(self) -> str:
        """The namespace that is meant; empty for none."""
        return self.namespace or self.home or ""

    @property
    def scope(self) -> str | None:
        """The namespace to look into; None for all.

        Raises:
            CheckFailedError: a namespace is given for a kind that has none.
            UnreachableError: the cluster does not say whether it has.
        """
        if self.namespace is None and self.home is None:
            return None
        found = self.cluster.discovery.find(self.kind)
        if found is None or found.namespaced:
            return self.namespace or (self.home if found else None)
        if self.namespace is not None:
            raise CheckFailedError(f'a {self.kind} is in no namespace: leave out in namespace "{self.namespace}"')
        return None

    @property
    def target(self) -> Target:
        """What the check is about; a kind that is known to be in no namespace is not said to be in one."""
        known = self.cluster.discovery.remembered(self.kind)
        home = None if known is not None and not known.namespaced else self.home
        return self.about or Target(self.cluster.name, self.kind, self.name, self.namespace or home, self.labels)

    def __str__(self) -> str:
        return str(self.target)


def observe(subject: Subject, holds: Predicate, timing: Timing) -> list[Object]:
    """Assert that `holds` becomes, stays or is true of the subject, as `timing` says; the objects seen last.

    Raises:
        CheckFailedError: it does not, or the cluster cannot be asked.
    """
    observation = _Observation(subject, holds, timing)
    observation.run()
    return list(observation.current.values())


@dataclass(slots=True)
class _Observation:
    """One assertion while it is being made."""

    subject: Subject
    holds: Predicate
    timing: Timing
    started: float = field(default_factory=time.monotonic)
    current: dict[str, Object] = field(default_factory=dict)
    history: list[tuple[float, Miss | None]] = field(default_factory=list)
    revision: str = ""

    def run(self) -> None:
        self._begin()
        while not (self._decided or self.timing.kind == "now" or self._remaining <= 0):
            if self._follow() == "ended":
                break
            self._list_again()
        if (self.history[-1][1] is None) == (self.timing.kind == "never"):
            raise CheckFailedError(self._failure())

    @property
    def _remaining(self) -> float:
        return self.started + self.timing.seconds - time.monotonic()

    @property
    def _decided(self) -> bool:
        """Whether the last verdict settles the outcome before time is up."""
        return (self.history[-1][1] is None) == (self.timing.kind in ("within", "never"))

    def _list(self) -> None:
        subject = self.subject
        listing = subject.cluster.list(subject.kind, subject.scope, labels=subject.labels, fields=subject.fields)
        self.current = {_identity(item): item for item in listing.items}
        self.revision = listing.revision
        if listing.revision:
            self._judge()
        else:
            # Of an unknown kind nothing holds, not even absence.
            self._note(Miss(f'cluster "{subject.cluster.name}" knows no kind "{subject.kind}"'))

    def _begin(self) -> None:
        # A cluster that is away when nobody said how long to wait is told of at once.
        if self.timing == Timing():
            self._list()
        else:
            self._list_again()

    def _list_again(self) -> None:
        """List, if need be several times: a server that is being restarted may come back in time."""
        from liqolab.steps.transport import UnreachableError

        pause = _RECONNECT_SECONDS
        while True:
            try:
                return self._list()
            except UnreachableError as error:
                if self.timing.kind != "within" or self._remaining <= 0:
                    raise
                self._note(Miss(error.failure.summary))
            threading.Event().wait(min(pause, max(0.0, self._remaining)))
            pause = min(2 * pause, _RECONNECT_MOST_SECONDS)

    def _follow(self) -> Literal["ended", "broken off"]:
        """Watch until the outcome is settled or time is up (ended), or until the objects have to be listed anew."""
        from liqolab.steps.transport import StreamCutError

        subject = self.subject
        if not self.revision:
            _await_kind(subject, self._remaining)
            return "broken off"
        events = subject.cluster.watch(
            subject.kind,
            subject.scope,
            self.revision,
            self._remaining,
            labels=subject.labels,
            fields=subject.fields,
        )
        try:
            with closing(events):  # type: ignore[type-var]
                for change, item in events:
                    if self._remaining <= 0:
                        return "ended"
                    self._take(change, item)
                    if self._decided:
                        return "ended"
        except StreamCutError:
            return "broken off"
        # A server that ends a watch early is on its way down, and what it did not tell is not known.
        return "ended" if self._remaining <= 0 else "broken off"

    def _take(self, change: str, item: Object) -> None:
        if change == "DELETED":
            self.current.pop(_identity(item), None)
        elif change in ("ADDED", "MODIFIED"):
            self.current[_identity(item)] = item
        self._judge()

    def _judge(self) -> None:
        verdict = self.holds(list(self.current.values()))
        self._note(Miss(verdict) if isinstance(verdict, str) else verdict)

    def _note(self, verdict: Miss | None) -> None:
        seconds = time.monotonic() - self.started
        if self.history and _summary(self.history[-1][1]) == _summary(verdict):
            # The same to a reader, with newer evidence.
            self.history[-1] = (self.history[-1][0], verdict)
        else:
            self.history.append((seconds, verdict))

    def _failure(self) -> Failure:
        last = self.history[-1][1]
        held = "it is so" if self.timing.kind == "never" else "as expected"
        miss = last or Miss("it is so, and should never have been")
        return Failure(
            summary=f"{self.subject}: {miss.summary}",
            target=self.subject.target,
            timing=self.timing,
            differences=list(miss.differences),
            expected=miss.expected,
            actual=miss.actual,
            nearest=miss.nearest,
            timeline=[Moment(moment, _summary(verdict) or held) for moment, verdict in self.history],
        )


def _await_kind(subject: Subject, seconds: float) -> None:
    """Wait until the cluster may know the subject's kind: something defines it, or time is up."""
    from liqolab.steps.transport import StreamCutError

    cluster, word = subject.cluster, subject.kind
    listing = cluster.list("customresourcedefinition")
    if any(_defines(item, word) for item in listing.items):
        seconds = min(seconds, _DEFINITION_SECONDS)
    try:
        with closing(cluster.watch("customresourcedefinition", None, listing.revision, seconds)) as events:  # type: ignore[type-var]
            for change, item in events:
                if change != "DELETED" and _defines(item, word):
                    return
    except StreamCutError:
        return


def _defines(definition: Object, word: str) -> bool:
    """Whether a CustomResourceDefinition, once established, makes a word mean a kind."""
    conditions = definition.get("status", {}).get("conditions") or []
    names = definition["spec"]["names"]
    known = {names["kind"], names["plural"], names.get("singular", ""), *names.get("shortNames", ())}
    return word.lower().partition(".")[0] in {name.lower() for name in known} and any(
        condition["type"] == "Established" and condition["status"] == "True" for condition in conditions
    )


def _identity(item: Object) -> str:
    metadata = item["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


def _summary(verdict: Miss | None) -> str:
    return verdict.summary if verdict else ""
