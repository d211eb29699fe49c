"""Finished jobs with ``ttlSecondsAfterFinished`` are deleted, dependents first, when that time has passed."""

from __future__ import annotations

from liqolab.apimachinery import clock, meta, timestamps
from liqolab.apimachinery.builtin import JOBS
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Controller, Manager


class JobExpiry:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._jobs = manager.informer(JOBS)
        controller = Controller("ttl-after-finished-controller", self._reconcile)
        manager.add(controller.watches(self._jobs))

    async def _reconcile(self, key: str) -> float | None:
        job = self._jobs.by_key(key)
        if job is None or meta.is_deleting(job):
            return None
        left = _time_left(job)
        if left is None or left > 0:
            return left
        await self._client.remove(
            JOBS,
            meta.name(job),
            meta.namespace(job),
            propagation="Foreground",
            uid=meta.uid(job),
            resource_version=meta.resource_version(job),
        )
        return None


def _time_left(job: Object) -> float | None:
    limit = job["spec"].get("ttlSecondsAfterFinished")
    ends = [
        condition["lastTransitionTime"]
        for kind in ("Complete", "Failed")
        if (condition := meta.find_condition(job, kind)) and condition["status"] == "True"
    ]
    if limit is None or not ends:
        return None
    return timestamps.parse(ends[0]).timestamp() + float(limit) - clock.time()
