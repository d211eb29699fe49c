"""The job controller: starts and stops pods, and keeps the books of those that finished."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from liqolab.apimachinery import meta, names, timestamps
from liqolab.apimachinery.builtin import JOBS, PODS
from liqolab.apimachinery.errors import missing_ok
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.job import outcome, rules
from liqolab.kube.controllers.job.outcome import FINALIZER, Books, Verdict
from liqolab.kube.controllers.workload import pods as pod_tools
from liqolab.kube.controllers.workload.owned import Dependents
from liqolab.kube.controllers.workload.pods import BURST, Failure, PodControl

WORKERS = 5
_BY_JOB = "job"
_INDEX_VARIABLE = "JOB_COMPLETION_INDEX"


class JobController:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, texts.JOB_CONTROLLER)
        self._jobs = manager.informer(JOBS)
        self._pod_informer = manager.informer(PODS)
        self._pod_informer.add_indexer(_BY_JOB, _job_of)
        self._pods = Dependents(manager.client, self._jobs, self._pod_informer)
        self._control = PodControl(manager.client, self._recorder, self._pods.expectations)
        self._booked: dict[str, int] = {}
        controller = Controller(texts.JOB_CONTROLLER, self._reconcile, workers=WORKERS)
        controller.watches(self._jobs).watches(self._pod_informer, self._pods.owner_keys)
        manager.add(controller)

    async def _reconcile(self, key: str) -> float | None:
        job = self._jobs.by_key(key)
        if job is None or meta.is_deleting(job):
            self._booked.pop(key, None)
            await self._release_pods(key)
            return None
        if job["spec"].get("managedBy", texts.JOB_MANAGER) != texts.JOB_MANAGER:
            return None
        if int(meta.resource_version(job)) < self._booked.get(key, 0):
            # Pods that the newer status names may have lost their finalizer already: with this one they would be lost.
            return None
        pods = await self._pods.claim(job)
        if outcome.is_finished(job):
            await self._untrack(pods)
            return None
        books = outcome.count(job, pods)
        verdict = outcome.verdict(job, pods, books)
        wait: float | None = None
        failure: Failure | None = None
        if self._pods.expectations.satisfied(key):
            wait, failure = await self._act(key, job, pods, books, verdict)
        await self._keep_books(key, job, _status(job, pods, books, verdict))
        await self._untrack(pod for pod in pods if rules.has_succeeded(pod) or rules.has_failed(job, pod))
        if failure is not None:
            raise failure
        # Once the verdict stands there is nothing to be late for, however long its pods take to go.
        deadline = None if verdict else outcome.seconds_until_deadline(job)
        waits = [seconds for seconds in (wait, deadline) if seconds is not None]
        return max(0.0, min(waits)) if waits else None

    async def _act(
        self, key: str, job: Object, pods: Objects, books: Books, verdict: Verdict | None
    ) -> tuple[float | None, Failure | None]:
        """Start or stop pods; (seconds to wait for the back-off or None, the failure or None)."""
        if verdict is not None or outcome.is_suspended(job):
            return None, await self._control.stop(key, job, books.active)
        missing = outcome.missing(job, books)
        if missing < 0:
            # Pods that are not even running are the cheapest to give up.
            ranked = sorted(books.active, key=lambda pod: (meta.pod_is_ready(pod), meta.name(pod)))
            return None, await self._control.stop(key, job, ranked[:-missing])
        if missing == 0:
            return None, None
        number, pause = min(missing, BURST), 0.0
        if rules.limits_indexes(job):
            # Each index waits for itself.
            free, pause = outcome.without_backoff(job, pods, outcome.free_indexes(job, books, number))
            failure = await self._start(key, job, free, pods) if free else None
            return pause or None, failure
        if (pause := outcome.backoff(job, pods)) > 0:
            return pause, None
        wanted = outcome.free_indexes(job, books, number) if outcome.is_indexed(job) else [None] * number
        return None, await self._start(key, job, wanted, pods)

    async def _start(self, key: str, job: Object, indexes: Sequence[int | None], pods: Objects) -> Failure | None:
        queue = iter(indexes)
        return await self._control.start(key, job, len(indexes), lambda: _pod(job, next(queue), pods))

    async def _keep_books(self, key: str, job: Object, status: Object) -> None:
        """Write the status; it then names every finished pod, so that their finalizers may go."""
        if status != (job.get("status") or {}):
            written = await self._client.update(JOBS, {**job, "status": status}, subresource="status")
            self._booked[key] = int(meta.resource_version(written))
            await self._tell(job, status)

    async def _tell(self, job: Object, status: Object) -> None:
        """Events for conditions that have just become true (or, for Suspended, false)."""
        for condition in status.get("conditions", []):
            kind, now_true = condition["type"], condition["status"] == "True"
            before = meta.find_condition(job, kind)
            if before is not None and before["status"] == condition["status"]:
                continue
            if kind == "Complete" and now_true:
                await self._recorder.event(job, "Normal", *texts.JOB_COMPLETED)
            elif kind == "Failed" and now_true:
                await self._recorder.event(job, "Warning", condition["reason"], condition["message"])
            elif kind == "Suspended":
                row = texts.JOB_SUSPENDED if now_true else texts.JOB_RESUMED
                await self._recorder.event(job, "Normal", row[0].removeprefix("Job"), row[1])

    async def _untrack(self, pods: Iterable[Object]) -> None:
        """Remove the finalizer: these pods are in the books, or their job is over."""
        held = [pod for pod in pods if meta.has_finalizer(pod, FINALIZER)]
        await asyncio.gather(*map(self._drop_finalizer, held))

    async def _drop_finalizer(self, pod: Object) -> None:
        left = [entry for entry in meta.finalizers(pod) if entry != FINALIZER]
        precondition = {"uid": meta.uid(pod), "resourceVersion": meta.resource_version(pod)}
        body = {"metadata": {**precondition, "finalizers": left or None}}
        with missing_ok:
            await self._client.patch(PODS, meta.name(pod), body, meta.namespace(pod))

    async def _release_pods(self, key: str) -> None:
        """Nobody keeps books any more: let the job's pods go."""
        await self._untrack(self._pod_informer.by_index(_BY_JOB, key))


def _job_of(pod: Object) -> Iterable[str]:
    """Key of the job that a pod names as its controller, whether or not there is one."""
    reference = meta.controller_of(pod)
    return (f"{meta.namespace(pod)}/{reference['name']}",) if reference and reference["kind"] == JOBS.kind else ()


def _pod(job: Object, index: int | None, others: Objects) -> Object:
    pod = pod_tools.pod_from_template(job["spec"]["template"], job)
    metadata = pod["metadata"]
    metadata["finalizers"] = [*metadata.get("finalizers", []), FINALIZER]
    if index is not None:
        metadata["generateName"] = f"{meta.name(job)}-{index}-"
        metadata.setdefault("annotations", {})[rules.INDEX] = str(index)
        metadata.setdefault("labels", {})[rules.INDEX] = str(index)
        if rules.limits_indexes(job):
            metadata["annotations"] |= rules.failures_after(job, rules.last_failed(job, others, index))
        pod["spec"].setdefault("hostname", f"{meta.name(job)}-{index}")
        variable = {"name": _INDEX_VARIABLE, "value": str(index)}
        for container in [*pod["spec"].get("initContainers", []), *pod["spec"].get("containers", [])]:
            container["env"] = [*container.get("env", []), variable]
        metadata["name"] = names.generate(metadata["generateName"])
    return pod


def _status(job: Object, pods: Objects, books: Books, verdict: Verdict | None) -> Object:
    known = job.get("status") or {}
    status: Object = {
        **known,
        "active": len(books.active),
        "ready": sum(map(meta.pod_is_ready, books.active)),
        "terminating": sum(meta.is_deleting(pod) and not meta.pod_is_terminal(pod) for pod in pods),
        "uncountedTerminatedPods": _uncounted(books),
    }
    settled_failed = sum(uid in books.settled for uid in books.uncounted_failed)
    settled_succeeded = sum(uid in books.settled for uid in books.uncounted_succeeded)
    status["failed"] = known.get("failed", 0) + settled_failed
    status["succeeded"] = known.get("succeeded", 0) + settled_succeeded
    if outcome.is_indexed(job):
        status["completedIndexes"] = rules.format_indexes(books.indexes)
        status["succeeded"] = len(books.indexes)
    if rules.limits_indexes(job):
        status["failedIndexes"] = rules.format_indexes(books.failed_indexes)
    for field in ("active", "failed", "succeeded", "completedIndexes"):
        if not status.get(field):
            status.pop(field, None)
    if outcome.is_suspended(job):
        status.pop("startTime", None)
    else:
        status.setdefault("startTime", timestamps.now())
    status["conditions"] = _conditions(job, books, verdict, status)
    if not status["conditions"]:
        del status["conditions"]
    if any(row["type"] == "Complete" for row in status.get("conditions", [])):
        status.setdefault("completionTime", timestamps.now())
    return status


def _uncounted(books: Books) -> Object:
    rows = {"succeeded": books.uncounted_succeeded, "failed": books.uncounted_failed}
    left = {field: [uid for uid in uids if uid not in books.settled] for field, uids in rows.items()}
    return {field: uids for field, uids in left.items() if uids}


def _conditions(job: Object, books: Books, verdict: Verdict | None, status: Object) -> Objects:
    conditions: Objects = meta.get_path(job, "status", "conditions", default=[])
    if verdict is not None:
        conditions = _with(conditions, verdict.preliminary, "True", verdict.reason, verdict.message)
        # The last word is spoken when every pod is gone and counted.
        if not (books.active or status["terminating"] or status["uncountedTerminatedPods"]):
            conditions = _with(conditions, verdict.final, "True", verdict.reason, verdict.message)
    elif outcome.is_suspended(job):
        conditions = _with(conditions, "Suspended", "True", *texts.JOB_SUSPENDED)
    elif meta.condition_is_true(conditions, "Suspended"):
        conditions = _with(conditions, "Suspended", "False", *texts.JOB_RESUMED)
    return conditions


def _with(conditions: Objects, kind: str, status: str, reason: str, message: str) -> Objects:
    known = meta.find_condition(conditions, kind)
    if known is not None and known["status"] == status:
        return conditions
    moment = timestamps.now()
    row = {"type": kind, "status": status, "lastProbeTime": moment, "lastTransitionTime": moment}
    return meta.set_condition(conditions, {**row, "reason": reason, "message": message})
