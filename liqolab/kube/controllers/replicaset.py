"""Replica sets and replication controllers: so many pods of one template, no more, no less.

The two kinds differ in how they spell their selector and in nothing else, so one class serves both. Pods that finished
(Succeeded or Failed) do not count and are not deleted; they are replaced.
"""

from __future__ import annotations

import asyncio
import time

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS, REPLICA_SETS, REPLICATION_CONTROLLERS
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Controller, Manager, split_key
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.settings import ControllerSettings
from liqolab.kube.controllers.workload import pods as pod_tools
from liqolab.kube.controllers.workload.owned import Dependents, SelectorOf, label_selector
from liqolab.kube.controllers.workload.pods import BURST, Failure, PodControl
from liqolab.kube.controllers.workload.ranking import deletion_order

WORKERS = 5


def install(manager: Manager, settings: ControllerSettings) -> None:
    """Add the controllers of both kinds."""
    _ReplicaController(manager, REPLICA_SETS, texts.REPLICA_SET_CONTROLLER, label_selector)
    _ReplicaController(manager, REPLICATION_CONTROLLERS, texts.REPLICATION_CONTROLLER, _map_selector)


def _map_selector(owner: Object) -> LabelSelector:
    return LabelSelector.from_labels(owner["spec"].get("selector"))


class _ReplicaController:
    def __init__(self, manager: Manager, resource: Resource, component: str, selector_of: SelectorOf) -> None:
        self._client = manager.client
        self._resource = resource
        self._owners: Informer = manager.informer(resource)
        pods = manager.informer(PODS)
        self._pods = Dependents(manager.client, self._owners, pods, selector_of)
        self._control = PodControl(manager.client, EventRecorder(manager.client, component))
        controller = Controller(component, self._reconcile, workers=WORKERS)
        controller.watches(self._owners).watches(pods, self._pods.owner_keys)
        manager.add(controller)

    async def _reconcile(self, key: str) -> float | None:
        namespace, name = split_key(key)
        owner = self._owners.get(name, namespace)
        if owner is None:
            return None
        settled = self._pods.expectations.satisfied(key)
        replicas = pod_tools.active(await self._pods.claim(owner))
        failure = None
        if settled and not meta.is_deleting(owner):
            failure = await self._scale(key, owner, replicas)
        status = _status(owner, replicas, failure)
        if status != owner.get("status"):
            await self._client.update(self._resource, {**owner, "status": status}, subresource="status")
        if failure is not None and not pod_tools.namespace_is_terminating(failure[1]):
            raise failure[1]
        return _next_availability(owner, replicas)

    async def _scale(self, key: str, owner: Object, replicas: Objects) -> tuple[str, Failure] | None:
        """Create or delete the difference; returns the reason and the error when the server refused."""
        missing = _desired(owner) - len(replicas)
        if missing > 0:
            return await self._create(key, owner, min(missing, BURST))
        if missing < 0:
            return await self._delete(key, owner, replicas, min(-missing, BURST))
        return None

    async def _create(self, key: str, owner: Object, count: int) -> tuple[str, Failure] | None:
        self._pods.expectations.expect_creations(key, count)
        pod = pod_tools.pod_from_template(owner["spec"]["template"], owner)
        done, error = await pod_tools.slow_start(count, lambda: self._control.create(pod, owner))
        for _ in range(count - done):
            self._pods.expectations.creation_observed(key)
        return None if error is None else (texts.FAILED_CREATE, error)

    async def _delete(self, key: str, owner: Object, replicas: Objects, count: int) -> tuple[str, Failure] | None:
        doomed = deletion_order(replicas, self._related(owner), time.time())[:count]
        self._pods.expectations.expect_deletions(key, map(meta.uid, doomed))
        error: Failure | None = None
        for pod, result in zip(
            doomed,
            await asyncio.gather(*(self._control.delete(pod, owner) for pod in doomed), return_exceptions=True),
            strict=True,
        ):
            if isinstance(result, BaseException):
                self._pods.expectations.deletion_observed(key, meta.uid(pod))
                if not isinstance(result, Failure):
                    raise result
                error = error or result
        return None if error is None else (texts.FAILED_DELETE, error)

    def _related(self, owner: Object) -> Objects:
        """Active pods of all owners with the same controller: a node crowded with them is relieved first."""
        parent = meta.controller_of(owner)
        if parent is None:
            return pod_tools.active(self._pods.owned(owner))
        siblings = [
            other
            for other in self._owners.list(meta.namespace(owner))
            if (meta.controller_of(other) or {}).get("uid") == parent["uid"]
        ]
        return [pod for sibling in siblings for pod in pod_tools.active(self._pods.owned(sibling))]


def _desired(owner: Object) -> int:
    replicas: int = meta.get_path(owner, "spec", "replicas", default=1)
    return replicas


def _status(owner: Object, replicas: Objects, failure: tuple[str, Failure] | None) -> Object:
    """The whole status; counts that are zero are left out, except the number of replicas."""
    now = time.time()
    minimum = owner["spec"].get("minReadySeconds") or 0
    wanted = meta.labels(owner["spec"].get("template") or {}).items()
    counts = {
        "fullyLabeledReplicas": sum(wanted <= meta.labels(pod).items() for pod in replicas),
        "readyReplicas": sum(meta.pod_is_ready(pod) for pod in replicas),
        "availableReplicas": sum(pod_tools.is_available(pod, minimum, now) for pod in replicas),
        "observedGeneration": meta.generation(owner),
    }
    status: Object = {"replicas": len(replicas)} | {field: count for field, count in counts.items() if count}
    conditions = _conditions(owner, failure)
    if conditions:
        status["conditions"] = conditions
    return status


def _conditions(owner: Object, failure: tuple[str, Failure] | None) -> Objects:
    known: Objects = meta.get_path(owner, "status", "conditions", default=[])
    if failure is None:
        return [condition for condition in known if condition["type"] != texts.REPLICA_FAILURE]
    if meta.find_condition(known, texts.REPLICA_FAILURE):
        return known
    reason, error = failure
    fresh = {"type": texts.REPLICA_FAILURE, "status": "True", "reason": reason, "message": str(error)}
    return meta.set_condition(known, fresh)


def _next_availability(owner: Object, replicas: Objects) -> float | None:
    """Seconds until the next ready pod has been ready for long enough to count as available."""
    minimum = owner["spec"].get("minReadySeconds") or 0
    now = time.time()
    waits = [wait for pod in replicas if (wait := pod_tools.available_in(pod, minimum, now))]
    return min(waits) if waits else None
