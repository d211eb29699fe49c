"""How a daemon set stands on each node, kept up node by node.

A set of a thousand nodes hears of several thousand pods as it comes up. To look at all nodes at each of them would be
millions of looks, so what one node adds to the whole is noted, and only a node that something happened to is looked
at again. What is still to be done (pods to start, to stop, to replace) is kept likewise: most of the time it is little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers.daemonset.suitability import suits
from liqolab.kube.controllers.workload import pods as pod_tools
from liqolab.kube.controllers.workload.history import REVISION_LABEL
from liqolab.kube.controllers.workload.percent import scaled

_ALWAYS = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
_IF_ANY = ("updatedNumberScheduled", "numberAvailable", "numberUnavailable")


@dataclass(slots=True)
class Standing:
    """What one node means to the set.

    Attributes:
        counts: what it adds to the fields of the status.
        lacks: whether a pod is to be started there.
        doomed: pods that have to go.
        stale: living pods of an older template.
        available: whether a living pod is available there.
        look_at: when a pod that is ready will have been so for long enough.
    """

    counts: tuple[str, ...] = ()
    lacks: bool = False
    doomed: Objects = field(default_factory=list)
    stale: Objects = field(default_factory=list)
    available: bool = True
    look_at: float | None = None

    def facts(self) -> tuple[object, ...]:
        """What is amiss, in the order of a `Rollcall`'s books; empty where nothing is."""
        return self.lacks, self.doomed, self.stale, not self.available, self.look_at


def standing(owner: Object, node: Object, pods: Objects, revision: str, now: float) -> Standing:
    """How `owner`, whose template is `revision`, stands on `node`, where it has `pods`."""
    runs, stays = suits(owner, node)
    minimum = owner["spec"].get("minReadySeconds") or 0
    living = sorted((pod for pod in pods if pod_tools.is_active(pod)), key=_seniority)
    finished = [pod for pod in pods if meta.pod_is_terminal(pod) and not meta.is_deleting(pod)]
    wait = pod_tools.next_availability(owner, pods)
    found = Standing(
        counts=tuple(_counts(living, revision, minimum, now)) if runs else ("numberMisscheduled",) * bool(living),
        lacks=runs and not pods,
        doomed=finished + living[1:] if stays else living,
        look_at=None if wait is None else now + wait,
    )
    if runs:
        found.stale = [pod for pod in living if meta.labels(pod).get(REVISION_LABEL) != revision]
        found.available = any(pod_tools.is_available(pod, minimum, now) for pod in living)
    return found


def _counts(living: Objects, revision: str, minimum: int, now: float) -> Iterable[str]:
    yield "desiredNumberScheduled"
    if living:
        pod = living[0]
        yield "currentNumberScheduled"
        if meta.pod_is_ready(pod):
            yield "numberReady"
        if pod_tools.is_available(pod, minimum, now):
            yield "numberAvailable"
        if meta.labels(pod).get(REVISION_LABEL) == revision:
            yield "updatedNumberScheduled"


@dataclass(slots=True)
class Plan:
    """What one sync will do.

    Attributes:
        create_on: nodes that are to get a pod.
        delete: pods that are to go.
    """

    create_on: list[str]
    delete: Objects


class Rollcall:
    """The standings of one set.

    Attributes:
        basis: the set's generation and revision that the standings are of.
        dirty: names of nodes that something happened to, which are to be looked at again.
    """

    def __init__(self, basis: tuple[int, str] | None = None, nodes: Iterable[str] = ()) -> None:
        self.basis = basis
        self.dirty: dict[str, None] = dict.fromkeys(nodes)
        self._standings: dict[str, Standing] = {}
        self._counts: Counter[str] = Counter()
        # Nodes where something is amiss, or will be.
        self._lacking: dict[str, bool] = {}
        self._doomed: dict[str, Objects] = {}
        self._stale: dict[str, Objects] = {}
        self._unavailable: dict[str, bool] = {}
        self._waiting: dict[str, float] = {}

    def touch(self, *nodes: str) -> None:
        """Something happened to nodes, or to the set's pods there."""
        self.dirty.update(dict.fromkeys(nodes))

    def take(self, now: float) -> list[str]:
        """The nodes to look at: where something happened, and where a pod's time has come. They are noted next."""
        self.touch(*(node for node, at in self._waiting.items() if at <= now))
        names = list(self.dirty)
        self.dirty.clear()
        return names

    def next_look(self) -> float | None:
        """When the next pod will have been ready for long enough."""
        return min(self._waiting.values(), default=None)

    def note(self, node: str, found: Standing | None) -> None:
        """Take in how the set stands on a node; None: there is no such node."""
        known = self._standings.pop(node, None)
        if known is not None:
            self._counts.subtract(known.counts)
        books: tuple[dict[str, Any], ...] = (
            self._lacking,
            self._doomed,
            self._stale,
            self._unavailable,
            self._waiting,
        )
        for book in books:
            book.pop(node, None)
        if found is None:
            return
        self._standings[node] = found
        self._counts.update(found.counts)
        for book, fact in zip(books, found.facts(), strict=True):
            if fact:
                book[node] = fact

    def plan(self, owner: Object) -> Plan:
        """What to do now: pods that lack and pods that must go first, then those of an older template."""
        plan = Plan(list(self._lacking), [pod for pods in self._doomed.values() for pod in pods])
        if not plan.create_on and not plan.delete:
            plan.delete = self._outdated(owner)
        return plan

    def _outdated(self, owner: Object) -> Objects:
        """Pods of an older template to replace now: unavailable ones all, others as the update strategy allows."""
        if meta.get_path(owner, "spec", "updateStrategy", "type", default="RollingUpdate") != "RollingUpdate":
            return []
        limit = meta.get_path(owner, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable", default=1)
        budget = max(1, scaled(limit, self._counts["desiredNumberScheduled"], up=True)) - len(self._unavailable)
        broken = [pod for node, pods in self._stale.items() if node in self._unavailable for pod in pods]
        sound = (pod for node, pods in self._stale.items() if node not in self._unavailable for pod in pods)
        return broken + list(islice(sound, max(0, budget)))

    def status(self, owner: Object) -> Object:
        """The set's status."""
        counts = self._counts
        counts["numberUnavailable"] = counts["desiredNumberScheduled"] - counts["numberAvailable"]
        status: Object = {name: counts[name] for name in _ALWAYS}
        status |= {name: counts[name] for name in _IF_ANY if counts[name]}
        status["observedGeneration"] = meta.generation(owner)
        known = owner.get("status") or {}
        return status | {name: known[name] for name in ("collisionCount", "conditions") if name in known}


def _seniority(pod: Object) -> tuple[bool, str, str]:
    """Of several pods on a node the bound one stays, then the oldest."""
    return not pod["spec"].get("nodeName"), pod["metadata"].get("creationTimestamp") or "", meta.name(pod)
