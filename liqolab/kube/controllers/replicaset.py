"""Replica sets and replication controllers: so many pods of one template, no more, no less.

The two kinds differ in how they spell their selector and in nothing else, so one class serves both. Pods that finished
(Succeeded or Failed) do not count and are not deleted; they are replaced.
"""

from __future__ import annotations

from liqolab.apimachinery import clock, meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.apimachinery.selectors import LabelSelector
from liqolab.controller.events import EventRecorder
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.workload import pods as pod_tools
from liqolab.kube.controllers.workload.owned import Dependents, SelectorOf
from liqolab.kube.controllers.workload.pods import BURST, Failure, PodControl
from liqolab.kube.controllers.workload.ranking import deletion_order

WORKERS = 5


def map_selector(owner: Object) -> LabelSelector:
    return LabelSelector.from_labels(owner["spec"].get("selector"))


class ReplicaController:
    def __init__(self, manager: Manager, resource: Resource, component: str, selector_of: SelectorOf) -> None:
        self._client = manager.client
        self._resource = resource
        self._owners: Informer = manager.informer(resource)
        pods = manager.informer(PODS)
        self._pods = Dependents(manager.client, self._owners, pods, selector_of)
        self._control = PodControl(manager.client, EventRecorder(manager.client, component), self._pods.expectations)
        controller = Controller(component, self._reconcile, workers=WORKERS)
        controller.watches(self._owners).watches(pods, self._pods.owner_keys)
        manager.add(controller)

    async def _reconcile(self, key: str) -> float | None:
        owner = self._owners.by_key(key)
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
        return pod_tools.next_availability(owner, replicas)

    async def _scale(self, key: str, owner: Object, replicas: Objects) -> tuple[str, Failure] | None:
        """Create or delete the difference; returns the reason and the error when the server refused."""
        missing = _desired(owner) - len(replicas)
        if missing > 0:
            return await self._create(key, owner, min(missing, BURST))
        if missing < 0:
            return await self._delete(key, owner, replicas, min(-missing, BURST))
        return None

    async def _create(self, key: str, owner: Object, count: int) -> tuple[str, Failure] | None:
        pod = pod_tools.pod_from_template(owner["spec"]["template"], owner)
        error = await self._control.start(key, owner, count, lambda: pod)
        return None if error is None else (texts.FAILED_CREATE, error)

    async def _delete(self, key: str, owner: Object, replicas: Objects, count: int) -> tuple[str, Failure] | None:
        doomed = deletion_order(replicas, self._related(owner), clock.time())[:count]
        error = await self._control.stop(key, owner, doomed)
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
    now = clock.time()
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
