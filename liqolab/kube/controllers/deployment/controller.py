"""The deployment controller: watches deployments, their replica sets and (for Recreate) their pods."""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DEPLOYMENTS, PODS, REPLICA_SETS
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.deployment import sizes
from liqolab.kube.controllers.deployment.rollout import Rollout
from liqolab.kube.controllers.workload.owned import Dependents, label_selector

WORKERS = 5


class DeploymentController:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, texts.DEPLOYMENT_CONTROLLER)
        self._deployments = manager.informer(DEPLOYMENTS)
        self._replica_set_informer = manager.informer(REPLICA_SETS)
        pods = manager.informer(PODS)
        self._replica_sets = Dependents(manager.client, self._deployments, self._replica_set_informer)
        self._pods = Dependents(manager.client, self._replica_set_informer, pods)
        controller = Controller(texts.DEPLOYMENT_CONTROLLER, self._reconcile, workers=WORKERS)
        controller.watches(self._deployments)
        controller.watches(self._replica_set_informer, self._replica_sets.owner_keys)
        controller.watches(pods, self._recreating)
        manager.add(controller)

    def _recreating(self, pod: Object) -> Iterable[str]:
        """The deployment that may be waiting for `pod` to go: only one that recreates cares for single pods."""
        namespace = meta.namespace(pod)
        owner = meta.controller_of(pod)
        replica_set = self._replica_set_informer.get(owner["name"], namespace) if owner else None
        reference = meta.controller_of(replica_set) if replica_set else None
        deployment = self._deployments.get(reference["name"], namespace) if reference else None
        return (meta.key(deployment),) if deployment and not sizes.is_rolling(deployment) else ()

    async def _reconcile(self, key: str) -> float | None:
        deployment = self._deployments.by_key(key)
        if deployment is None:
            return None
        if label_selector(deployment).empty:
            await self._refuse(deployment)
            return None
        replica_sets = await self._replica_sets.claim(deployment)
        rollout = Rollout(self._client, self._recorder, deployment, replica_sets)
        if meta.is_deleting(deployment):
            await rollout.count()
            return None
        await rollout.note_pause()
        if deployment["spec"].get("paused") or _was_resized(deployment, replica_sets):
            await rollout.resize()
            return None
        if sizes.is_rolling(deployment):
            return await rollout.roll()
        return await rollout.recreate(self._old_pods_exist(rollout))

    def _old_pods_exist(self, rollout: Rollout) -> bool:
        """Whether any pod of an old replica set is still there and not finished; terminating ones count."""
        return any(
            sizes.total([item], field="replicas")
            or any(not meta.pod_is_terminal(pod) for pod in self._pods.owned(item))
            for item in rollout.old
        )

    async def _refuse(self, deployment: Object) -> None:
        await self._recorder.event(deployment, "Warning", texts.SELECTING_ALL, texts.DEPLOYMENT_SELECTS_ALL)
        status = {**(deployment.get("status") or {}), "observedGeneration": meta.generation(deployment)}
        if status != deployment.get("status"):
            await self._client.update(DEPLOYMENTS, {**deployment, "status": status}, subresource="status")


def _was_resized(deployment: Object, replica_sets: Objects) -> bool:
    """Whether ``spec.replicas`` changed since the running replica sets were last sized."""
    wanted = str(sizes.replicas(deployment))
    return any(
        meta.annotations(item).get(sizes.DESIRED_REPLICAS, wanted) != wanted
        for item in replica_sets
        if sizes.replicas(item) > 0
    )
