"""The status of pod disruption budgets: how many more pods may be evicted right now.

The API server decides each eviction by it and notes the evicted pod in ``disruptedPods``, so that two evictions in a
row do not both count on the same healthy pod; this controller strikes the note out when the pod is seen to go.
"""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import clock, meta, timestamps
from liqolab.apimachinery.builtin import (
    DEPLOYMENTS,
    POD_DISRUPTION_BUDGETS,
    PODS,
    REPLICA_SETS,
    REPLICATION_CONTROLLERS,
    STATEFUL_SETS,
)
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.events import EventRecorder
from liqolab.controller.indices import LABELLED, labelled, selected
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.workload.percent import scaled

_NOTE_SECONDS = 120.0
"""How long an eviction may go unnoticed before its note is taken for a mistake."""


class UncountableError(Exception):
    """The number of pods that there should be cannot be told; the text says why."""


class DisruptionController:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, texts.DISRUPTION_CONTROLLER)
        self._budgets = manager.informer(POD_DISRUPTION_BUDGETS)
        self._pods = manager.informer(PODS)
        self._pods.add_indexer(LABELLED, labelled)
        kinds = (REPLICA_SETS, DEPLOYMENTS, STATEFUL_SETS, REPLICATION_CONTROLLERS)
        self._owners = {resource.kind: manager.informer(resource) for resource in kinds}
        controller = Controller("disruption-controller", self._reconcile)
        controller.watches(self._budgets).watches(self._pods, self._budgets_of)
        manager.add(controller)

    def _budgets_of(self, pod: Object) -> Iterable[str]:
        for budget in self._budgets.list(meta.namespace(pod)):
            if _selector(budget).matches(meta.labels(pod)):
                yield meta.key(budget)

    async def _reconcile(self, key: str) -> float | None:
        budget = self._budgets.by_key(key)
        if budget is None:
            return None
        pods = selected(self._pods, meta.namespace(budget), _selector(budget))
        if not pods:
            await self._recorder.event(budget, "Normal", *texts.BUDGET_WITHOUT_PODS)
        notes, again = _standing_notes(budget, pods)
        try:
            expected, desired = self._demand(budget, pods)
        except UncountableError as error:
            message = texts.BUDGET_UNCOUNTABLE_MESSAGE.format(error=error)
            await self._recorder.event(budget, "Warning", texts.BUDGET_UNCOUNTABLE, message)
            await self._write(budget, _failed_status(budget, message))
            return again
        healthy = sum(
            meta.pod_is_ready(pod) and not meta.is_deleting(pod) and meta.name(pod) not in notes for pod in pods
        )
        await self._write(budget, _status(budget, healthy, desired, expected, notes))
        return again

    def _demand(self, budget: Object, pods: Objects) -> tuple[int, int]:
        """(pods that there should be, pods that must stay healthy)."""
        spec = budget["spec"]
        least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
        if most is not None:
            expected = self._expected(pods)
            return expected, max(0, expected - scaled(most, expected, up=True))
        if isinstance(least, int):
            return len(pods), least
        if least is None:
            return len(pods), 0
        expected = self._expected(pods)
        return expected, scaled(least, expected, up=True)

    def _expected(self, pods: Objects) -> int:
        """Sum of the wanted replicas of all controllers of `pods`."""
        sizes: dict[str, int] = {}
        for pod in pods:
            owner = self._topmost_owner(pod)
            sizes[meta.uid(owner)] = meta.get_path(owner, "spec", "replicas", default=1)
        return sum(sizes.values())

    def _topmost_owner(self, pod: Object) -> Object:
        reference = meta.controller_of(pod)
        if reference is None:
            raise UncountableError(f'found no controller ref for pod "{meta.name(pod)}"')
        informer = self._owners.get(reference["kind"])
        owner = informer.get(reference["name"], meta.namespace(pod)) if informer else None
        if owner is None:
            raise UncountableError(f'found no controllers for pod "{meta.name(pod)}"')
        parent = meta.controller_of(owner)
        if parent is not None and parent["kind"] == DEPLOYMENTS.kind:
            return self._owners[DEPLOYMENTS.kind].get(parent["name"], meta.namespace(pod)) or owner
        return owner

    async def _write(self, budget: Object, status: Object) -> None:
        if status != budget.get("status"):
            await self._client.update(POD_DISRUPTION_BUDGETS, {**budget, "status": status}, subresource="status")


def _selector(budget: Object) -> LabelSelector:
    return LabelSelector.from_object(budget["spec"].get("selector"))


def _standing_notes(budget: Object, pods: Objects) -> tuple[dict[str, str], float | None]:
    """The notes of evictions whose pods are still to go, and the seconds until the first of them expires."""
    known: dict[str, str] = meta.get_path(budget, "status", "disruptedPods", default={})
    alive = {meta.name(pod) for pod in pods if not meta.is_deleting(pod)}
    ages = {name: clock.time() - timestamps.parse(since).timestamp() for name, since in known.items() if name in alive}
    left = {name: _NOTE_SECONDS - age for name, age in ages.items() if age < _NOTE_SECONDS}
    return {name: known[name] for name in left}, min(left.values(), default=None)


def _status(budget: Object, healthy: int, desired: int, expected: int, notes: dict[str, str]) -> Object:
    allowed = max(0, healthy - desired) if expected > 0 else 0
    row = texts.SUFFICIENT_PODS if allowed > 0 else texts.INSUFFICIENT_PODS
    status: Object = {
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "disruptionsAllowed": allowed,
        "expectedPods": expected,
        "observedGeneration": meta.generation(budget),
        "conditions": _conditions(budget, *row),
    }
    return status | ({"disruptedPods": notes} if notes else {})


def _failed_status(budget: Object, message: str) -> Object:
    """To be on the safe side, nothing may be evicted."""
    counts = {"currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}
    return {
        **counts,
        **(budget.get("status") or {}),
        "disruptionsAllowed": 0,
        "observedGeneration": meta.generation(budget),
        "conditions": _conditions(budget, "False", "SyncFailed", message),
    }


def _conditions(budget: Object, status: str, reason: str, message: str) -> Objects:
    known: Objects = meta.get_path(budget, "status", "conditions", default=[])
    row = {"type": "DisruptionAllowed", "status": status, "reason": reason, "message": message}
    return meta.set_condition(known, {**row, "observedGeneration": meta.generation(budget)})
