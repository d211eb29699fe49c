"""What the clusters themselves say, asked for once and remembered: the ground on which causes are named.

`Evidence` is one look at all clusters of a lab: every answer is kept, so that rules may ask freely, and a cluster that
does not answer raises `SilentError`, so that no rule ever takes silence for absence. Where the answers come from is a
`Source`: the clusters' API servers (`why.lab_source`), or a table in a test.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import CUSTOM_RESOURCE_DEFINITIONS, EVENTS, NAMESPACES
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.discovery import Kinds
from liqolab.steps.failing import evidence_kinds


@dataclass(frozen=True, slots=True)
class Query:
    """One LIST; with a `name` of the one object of that name."""

    cluster: str
    resource: Resource
    namespace: str | None = None
    name: str = ""


class SilentError(Exception):
    """A cluster that does not say what was asked.

    Attributes:
        cluster: which one.
        why: in words that go on from "cluster does not answer: …".
        reached: whether something answered at all, and refused.
    """

    def __init__(self, cluster: str, why: str, *, reached: bool = False) -> None:
        super().__init__(f'cluster "{cluster}": {why}')
        self.cluster = cluster
        self.why = why
        self.reached = reached


class UnknownKindError(SilentError):
    """The cluster's API server does not know the kind."""

    def __init__(self, cluster: str, resource: Resource) -> None:
        super().__init__(cluster, f"it knows no kind {resource.kind}", reached=True)


Answer = Objects | SilentError


class Source(Protocol):
    """Where evidence comes from. Every call is bounded in time."""

    clusters: Sequence[str]
    """Names of the clusters of the playground, as far as anybody told."""

    def has(self, cluster: str) -> bool:
        """Whether there is a cluster of that name, running or not."""
        ...

    def read(self, query: Query) -> Answer:
        """The answer to a question."""
        ...

    def kinds(self, cluster: str) -> Kinds:
        """All kinds that a cluster serves.

        Raises:
            SilentError: the cluster does not say.
        """
        ...

    def log(self, cluster: str, namespace: str, pod: str, container: str, lines: int, *, previous: bool) -> list[str]:
        """The last lines of a container; empty when there are none to be had."""
        ...

    def kubeconfig(self, cluster: str) -> str:
        """Path of the administrator's kubeconfig; empty when there is none."""
        ...


class Evidence:
    """See the module."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._answers: dict[Query, Answer] = {}
        self._kinds: dict[str, Kinds] = {}

    @property
    def clusters(self) -> Sequence[str]:
        return self.source.clusters

    def list(self, cluster: str, resource: Resource, namespace: str | None = None) -> Objects:
        """All objects of a kind, of one namespace or of all. Of a kind that the cluster does not know there are none.

        Raises:
            SilentError: the cluster does not say.
        """
        try:
            return self._ask(Query(cluster, resource, namespace if resource.namespaced else None))
        except UnknownKindError:
            return []

    def get(self, cluster: str, resource: Resource, name: str, namespace: str | None = None) -> Object | None:
        """One object, or None when the cluster says that there is none.

        Raises:
            SilentError: the cluster does not say.
        """
        space = namespace if resource.namespaced else None
        whole = self._answers.get(Query(cluster, resource, space))
        if whole is not None and not isinstance(whole, SilentError):
            return next((item for item in whole if meta.name(item) == name), None)
        try:
            return next(iter(self._ask(Query(cluster, resource, space, name))), None)
        except UnknownKindError:
            return None

    def resource(self, cluster: str, word: str) -> Resource | None:
        """The kind that a word means in a cluster; None when the cluster knows no such kind.

        Raises:
            SilentError: the cluster does not say.
        """
        found = evidence_kinds.known(word)
        if found is None:
            return self._discovered(cluster).find(word)
        if not found.group.endswith(evidence_kinds.LIQO_GROUPS):
            return found
        definition = self.get(cluster, CUSTOM_RESOURCE_DEFINITIONS, f"{found.plural}.{found.group}")
        return found if definition is not None else None

    def _discovered(self, cluster: str) -> Kinds:
        if cluster not in self._kinds:
            self._kinds[cluster] = self.source.kinds(cluster)
        return self._kinds[cluster]

    def silence(self, cluster: str) -> SilentError | None:
        """Why a cluster cannot be reached; None when it answers."""
        with contextlib.suppress(UnknownKindError):
            try:
                self.get(cluster, NAMESPACES, "default")
            except SilentError as error:
                return None if error.reached else error
        return None

    def events(self, cluster: str, namespace: str | None) -> Objects:
        """The events of a namespace, the oldest first; none when the cluster does not say."""
        try:
            found = self.list(cluster, EVENTS, namespace or "default")
        except SilentError:
            return []
        return sorted(found, key=last_seen)

    def _ask(self, query: Query) -> Objects:
        if query not in self._answers:
            self._answers[query] = self.source.read(query)
        answer = self._answers[query]
        if isinstance(answer, SilentError):
            raise answer
        return answer


def last_seen(event: Object) -> str:
    """When an event happened last, RFC 3339."""
    series = event.get("series") or {}
    moments = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    return next((moment for moment in moments if moment), meta.get_path(event, "metadata", "creationTimestamp") or "")
