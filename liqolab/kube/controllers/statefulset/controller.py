"""The stateful set controller."""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.statefulset import identity, plan, retention
from liqolab.kube.controllers.statefulset.plan import Step
from liqolab.kube.controllers.workload import pods as pod_tools
from liqolab.kube.controllers.workload.history import HashCollisionError, History, apply_revision
from liqolab.kube.controllers.workload.owned import Dependents

WORKERS = 5
HASH_LABEL = "controller.kubernetes.io/hash"


class StatefulSetController:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, texts.STATEFUL_SET_CONTROLLER)
        self._sets = manager.informer(STATEFUL_SETS)
        pods = manager.informer(PODS)
        self._claims = manager.informer(PERSISTENT_VOLUME_CLAIMS)
        self._pods = Dependents(manager.client, self._sets, pods)
        self._history = History(manager, self._sets, HASH_LABEL)
        controller = Controller(texts.STATEFUL_SET_CONTROLLER, self._reconcile, workers=WORKERS)
        controller.watches(self._sets).watches(pods, self._pods.owner_keys).watches(self._claims, self._sets_of)
        self._history.wire(controller)
        manager.add(controller)

    def _sets_of(self, claim: Object) -> Iterable[str]:
        """The set whose pod a claim is for, by its name."""
        namespace = meta.namespace(claim)
        for owner in self._sets.list(namespace):
            if identity.is_claim_of(owner, claim):
                yield meta.key(owner)

    async def _reconcile(self, key: str) -> float | None:
        owner = self._sets.by_key(key)
        if owner is None or meta.is_deleting(owner):
            return None
        try:
            update, old = await self._history.sync(owner)
        except HashCollisionError:
            collisions = (meta.get_path(owner, "status", "collisionCount") or 0) + 1
            await self._write_status(owner, {**(owner.get("status") or {}), "collisionCount": collisions})
            return None
        known = meta.get_path(owner, "status", "currentRevision", default="")
        current = next((item for item in old if meta.name(item) == known), update)
        pods = [pod for pod in await self._pods.claim(owner) if identity.ordinal_of(pod) >= 0]
        if self._pods.expectations.satisfied(key):
            for pod in pods:
                await self._keep_claims(owner, pod)
            for step in plan.next_steps(owner, pods, meta.name(update)):
                revision = plan.revision_for(owner, step.ordinal, pods, meta.name(current), meta.name(update))
                await self._take(key, owner, step, current if revision == meta.name(current) else update)
        await self._write_status(owner, _status(owner, pods, meta.name(current), meta.name(update)))
        in_use = {meta.name(current), *map(identity.revision_of, pods)}
        await self._history.trim(owner, old, in_use)
        return pod_tools.next_availability(owner, pods)

    async def _take(self, key: str, owner: Object, step: Step, revision: Object) -> None:
        if step.action == "create" or step.pod is None:
            await self._create(key, owner, step.ordinal, revision)
            return
        if step.action == "replace":
            await self._tell_replaced(owner, step.pod)
        await self._delete(key, owner, step.pod)

    async def _create(self, key: str, owner: Object, ordinal: int, revision: Object) -> None:
        pod = identity.pod(owner, apply_revision(owner, revision), ordinal, meta.name(revision))
        names = {"pod": meta.name(pod), "name": meta.name(owner)}
        if not await self._ensure_claims(owner, ordinal, names):
            return
        self._pods.expectations.expect_creations(key, 1)
        try:
            await self._client.create(PODS, pod, meta.namespace(owner))
        except (ApiError, OSError) as error:
            self._pods.expectations.creation_observed(key)
            if isinstance(error, ApiError) and not pod_tools.namespace_is_terminating(error):
                message = texts.STATEFUL_POD_NOT_CREATED.format(**names, error=error.message)
                await self._recorder.event(owner, "Warning", texts.FAILED_CREATE, message)
            raise
        message = texts.STATEFUL_POD_CREATED.format(**names)
        await self._recorder.event(owner, "Normal", texts.SUCCESSFUL_CREATE, message)

    async def _ensure_claims(self, owner: Object, ordinal: int, names: dict[str, str]) -> bool:
        """Make the claims of a pod; False while a former one is still on its way out: its end brings us back."""
        for claim in identity.claims(owner, ordinal):
            claim_name = meta.name(claim)
            known = self._claims.get(claim_name, meta.namespace(owner))
            if known is not None and meta.is_deleting(known):
                return False
            if known is not None:
                continue
            try:
                await self._client.create(PERSISTENT_VOLUME_CLAIMS, claim, meta.namespace(owner))
            except ApiError as error:
                if error.already_exists:
                    continue
                message = texts.STATEFUL_CLAIM_NOT_CREATED.format(**names, claim=claim_name, error=error.message)
                await self._recorder.event(owner, "Warning", texts.FAILED_CREATE, message)
                raise
            message = texts.STATEFUL_CLAIM_CREATED.format(**names, claim=claim_name)
            await self._recorder.event(owner, "Normal", texts.SUCCESSFUL_CREATE, message)
        return True

    async def _keep_claims(self, owner: Object, pod: Object) -> None:
        """Have the claims of a pod owned as the retention policy says, and make again those that are missing."""
        missing = False
        for wanted in identity.claims(owner, identity.ordinal_of(pod)):
            claim = self._claims.get(meta.name(wanted), meta.namespace(owner))
            missing |= claim is None
            references = retention.owners(owner, pod, claim) if claim else []
            if claim is not None and references != meta.owner_references(claim):
                body = {**claim, "metadata": {**claim["metadata"], "ownerReferences": references}}
                await self._client.update(PERSISTENT_VOLUME_CLAIMS, body)
        if missing and not meta.is_deleting(pod) and meta.get_path(pod, "status", "phase") == "Pending":
            names = {"pod": meta.name(pod), "name": meta.name(owner)}
            await self._ensure_claims(owner, identity.ordinal_of(pod), names)

    async def _delete(self, key: str, owner: Object, pod: Object) -> None:
        names = {"pod": meta.name(pod), "name": meta.name(owner)}
        self._pods.expectations.expect_deletions(key, [meta.uid(pod)])
        try:
            await self._client.delete(PODS, meta.name(pod), meta.namespace(pod), uid=meta.uid(pod))
        except (ApiError, OSError) as error:
            self._pods.expectations.deletion_observed(key, meta.uid(pod))
            if isinstance(error, ApiError) and (error.not_found or error.conflict):
                return
            message = texts.STATEFUL_POD_NOT_DELETED.format(**names, error=error)
            await self._recorder.event(owner, "Warning", texts.FAILED_DELETE, message)
            raise
        message = texts.STATEFUL_POD_DELETED.format(**names)
        await self._recorder.event(owner, "Normal", texts.SUCCESSFUL_DELETE, message)

    async def _tell_replaced(self, owner: Object, pod: Object) -> None:
        names = {"key": meta.key(owner), "pod": meta.name(pod)}
        if meta.get_path(pod, "status", "phase") == "Failed":
            message = texts.RECREATING_FAILED_POD_MESSAGE.format(**names)
            await self._recorder.event(owner, "Warning", texts.RECREATING_FAILED_POD, message)
        else:
            message = texts.RECREATING_TERMINATED_POD_MESSAGE.format(**names)
            await self._recorder.event(owner, "Normal", texts.RECREATING_TERMINATED_POD, message)

    async def _write_status(self, owner: Object, status: Object) -> None:
        if status != owner.get("status"):
            await self._client.update(STATEFUL_SETS, {**owner, "status": status}, subresource="status")


def _status(owner: Object, pods: Objects, current: str, update: str) -> Object:
    living = [pod for pod in pods if not meta.is_deleting(pod)]
    ready = [pod for pod in pods if plan.is_healthy(pod)]
    counts = {
        "readyReplicas": len(ready),
        "currentReplicas": sum(identity.revision_of(pod) == current for pod in living),
        "updatedReplicas": sum(identity.revision_of(pod) == update for pod in living),
    }
    if counts["updatedReplicas"] == len(pods) == counts["readyReplicas"] == len(plan.ordinals(owner)):
        # The rollout is over: what was the update is now the current revision.
        current, counts["currentReplicas"] = update, counts["updatedReplicas"]
    status: Object = {"observedGeneration": meta.generation(owner), "replicas": len(pods)}
    status |= {field: count for field, count in counts.items() if count}
    status |= {
        "currentRevision": current,
        "updateRevision": update,
        "availableReplicas": sum(plan.is_available(owner, pod) for pod in ready),
        "collisionCount": meta.get_path(owner, "status", "collisionCount", default=0),
    }
    conditions = meta.get_path(owner, "status", "conditions")
    return status | ({"conditions": conditions} if conditions else {})
