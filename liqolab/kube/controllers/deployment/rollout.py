"""One sync of one deployment: at most one step towards its template, and the status that follows from it."""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DEPLOYMENTS, REPLICA_SETS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.client import Client
from liqolab.controller.events import EventRecorder
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.deployment import revisions, sizes
from liqolab.kube.controllers.deployment import status as statuses
from liqolab.kube.controllers.deployment.sizes import Step, replicas
from liqolab.kube.controllers.workload.hashing import revision_hash
from liqolab.kube.controllers.workload.pods import namespace_is_terminating


class Rollout:
    """A deployment and its replica sets during one sync; `deployment` follows what the sync writes."""

    def __init__(self, client: Client, recorder: EventRecorder, deployment: Object, replica_sets: Objects) -> None:
        self._client = client
        self._recorder = recorder
        self.deployment = deployment
        self.new, self.old = revisions.split(deployment, replica_sets)

    @property
    def everything(self) -> Objects:
        return [*self.old, *([self.new] if self.new else [])]

    async def roll(self) -> float | None:
        """One step of a rolling update."""
        new = await self._ensure_new()
        grown = sizes.new_size(self.deployment, new, self.everything)
        if not await self._apply([Step(new, grown)] if grown != replicas(new) else []):
            await self._apply(sizes.shrink_old(self.deployment, new, self.old))
        return await self.finish()

    async def recreate(self, old_pods_exist: bool) -> float | None:
        """One step of stop-all-then-start-all."""
        if await self._apply([Step(item, 0) for item in self.old if replicas(item) > 0]) or old_pods_exist:
            return await self.finish()
        new = await self._ensure_new()
        await self._apply([Step(new, replicas(self.deployment))])
        return await self.finish()

    async def resize(self) -> None:
        """Follow a changed ``spec.replicas`` (or do no more than that, while paused)."""
        await self._renumber()
        await self._apply(sizes.resize(self.deployment, self.new, self.old))
        if self.deployment["spec"].get("paused"):
            await self._clean_up()
        await self.count()

    async def count(self) -> None:
        """Write the status without judging progress."""
        await self._write_status(statuses.counted(self.deployment, self.new, self.everything))

    async def finish(self) -> float | None:
        """Clean up after a complete rollout and write the status; seconds until the deadline when it may be missed."""
        status = statuses.rollout_status(self.deployment, self.new, self.everything)
        if statuses.is_complete(self.deployment, self.deployment.get("status") or {}):
            await self._clean_up()
        if await self._write_status(status):
            return None
        return statuses.seconds_until_late(self.deployment, status)

    async def note_pause(self) -> None:
        """Say in the Progressing condition that the rollout was paused or resumed; its deadline then starts anew."""
        if statuses.deadline(self.deployment) is None:
            return
        conditions = statuses.conditions_of(self.deployment)
        current = meta.find_condition(conditions, texts.PROGRESSING)
        reason = (current or {}).get("reason")
        paused = bool(self.deployment["spec"].get("paused"))
        if reason == texts.DEADLINE_EXCEEDED or paused == (reason == texts.DEPLOYMENT_PAUSED[1]):
            return
        row = texts.DEPLOYMENT_PAUSED if paused else texts.DEPLOYMENT_RESUMED
        fresh = statuses.condition(texts.PROGRESSING, *row)
        status = {**(self.deployment.get("status") or {}), "conditions": statuses.with_condition(conditions, fresh)}
        await self._write_status(status)

    async def _ensure_new(self) -> Object:
        """The replica set of the current template: found and renumbered, or created."""
        found = await self._renumber()
        return found if found is not None else await self._create_new()

    async def _renumber(self) -> Object | None:
        """Give the existing new replica set its revision and the deployment's annotations."""
        if self.new is None:
            return None
        wanted = {**self.new, "metadata": {**self.new["metadata"]}, "spec": {**self.new["spec"]}}
        annotations = revisions.new_annotations(self.deployment, self.old, meta.annotations(self.new))
        minimum = self.deployment["spec"].get("minReadySeconds", 0)
        if annotations != meta.annotations(self.new) or wanted["spec"].get("minReadySeconds", 0) != minimum:
            wanted["metadata"]["annotations"] = annotations
            wanted["spec"]["minReadySeconds"] = minimum
            self.new = await self._client.update(REPLICA_SETS, wanted)
        message = texts.FOUND_REPLICA_SET_MESSAGE.format(name=meta.name(self.new))
        await self._announce(self.new, texts.FOUND_REPLICA_SET, message, keep=True)
        return self.new

    async def _create_new(self) -> Object:
        collisions: int | None = meta.get_path(self.deployment, "status", "collisionCount")
        template_hash = revision_hash(self.deployment["spec"]["template"], collisions)
        size = sizes.first_size(self.deployment, self.old)
        wanted = revisions.new_replica_set(self.deployment, self.old, template_hash, size)
        try:
            self.new = await self._client.create(REPLICA_SETS, wanted, meta.namespace(self.deployment))
        except ApiError as error:
            if not error.already_exists:
                await self._tell_failure(meta.name(wanted), error)
                raise
            self.new = await self._existing(wanted, collisions, error)
        else:
            if size > 0:
                await self._tell_scaled(self.new, 0, size)
        message = texts.NEW_REPLICA_SET_MESSAGE.format(name=meta.name(self.new))
        await self._announce(self.new, texts.NEW_REPLICA_SET, message)
        return self.new

    async def _existing(self, wanted: Object, collisions: int | None, taken: ApiError) -> Object:
        """The replica set that has our name: ours, when the cache was late; else the hash collided."""
        namespace = meta.namespace(self.deployment)
        found = await self._client.get(REPLICA_SETS, meta.name(wanted), namespace)
        ours = meta.is_controlled_by(found, self.deployment)
        if ours and revisions.same_template(self.deployment, found):
            return found
        status = {**(self.deployment.get("status") or {}), "collisionCount": (collisions or 0) + 1}
        await self._write_status(status)
        raise taken

    async def _tell_failure(self, name: str, error: ApiError) -> None:
        message = texts.REPLICA_SET_CREATE_ERROR_MESSAGE.format(name=name, error=error.message)
        if statuses.deadline(self.deployment) is not None:
            fresh = statuses.condition(texts.PROGRESSING, "False", texts.REPLICA_SET_CREATE_ERROR, message)
            conditions = statuses.with_condition(statuses.conditions_of(self.deployment), fresh)
            await self._write_status({**(self.deployment.get("status") or {}), "conditions": conditions})
        if not namespace_is_terminating(error):
            await self._recorder.event(self.deployment, "Warning", texts.REPLICA_SET_CREATE_ERROR, message)

    async def _announce(self, replica_set: Object, reason: str, message: str, *, keep: bool = False) -> None:
        """Copy the revision to the deployment and set the Progressing condition (unless `keep` and there is one)."""
        number = meta.annotations(replica_set).get(revisions.REVISION, "")
        conditions = statuses.conditions_of(self.deployment)
        known = meta.find_condition(conditions, texts.PROGRESSING)
        if statuses.deadline(self.deployment) is not None and not (keep and known):
            fresh = statuses.condition(texts.PROGRESSING, "True", reason, message)
            conditions = statuses.with_condition(conditions, fresh)
        annotations = meta.annotations(self.deployment)
        unchanged = conditions == statuses.conditions_of(self.deployment)
        if annotations.get(revisions.REVISION) == number and unchanged:
            return
        metadata = {**self.deployment["metadata"], "annotations": {**annotations, revisions.REVISION: number}}
        status = {**(self.deployment.get("status") or {}), "conditions": conditions}
        # Annotations travel with a status update of a deployment; labels and spec would not.
        body = {**self.deployment, "metadata": metadata, "status": status}
        self.deployment = await self._client.update(DEPLOYMENTS, body, subresource="status")

    async def _apply(self, steps: Iterable[Step]) -> bool:
        """Resize replica sets; True when any size changed."""
        changed = False
        for step in steps:
            before = replicas(step.replica_set)
            annotations = meta.annotations(step.replica_set)
            noted = revisions.size_annotations(self.deployment)
            if before == step.size and noted.items() <= annotations.items():
                continue
            metadata = {**step.replica_set["metadata"], "annotations": {**annotations, **noted}}
            spec = {**step.replica_set["spec"], "replicas": step.size}
            body = {**step.replica_set, "metadata": metadata, "spec": spec}
            self._replace(step.replica_set, await self._client.update(REPLICA_SETS, body))
            if before != step.size:
                changed = True
                await self._tell_scaled(step.replica_set, before, step.size)
        return changed

    def _replace(self, before: Object, after: Object) -> None:
        if self.new is before:
            self.new = after
        self.old = [after if item is before else item for item in self.old]

    async def _tell_scaled(self, replica_set: Object, old: int, new: int) -> None:
        direction = "up" if new > old else "down"
        message = texts.SCALED_REPLICA_SET.format(direction=direction, name=meta.name(replica_set), old=old, new=new)
        await self._recorder.event(self.deployment, "Normal", texts.SCALING_REPLICA_SET, message)

    async def _clean_up(self) -> None:
        for item in revisions.surplus(self.deployment, self.old):
            await self._client.remove(REPLICA_SETS, meta.name(item), meta.namespace(item))

    async def _write_status(self, status: Object) -> bool:
        """Write `status` if it differs; True when it did."""
        if status == (self.deployment.get("status") or {}):
            return False
        body = {**self.deployment, "status": status}
        self.deployment = await self._client.update(DEPLOYMENTS, body, subresource="status")
        return True
