"""Cron jobs: a job at every tick of a schedule; overlapping ones are replaced or forbidden, old ones deleted."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Literal

from liqolab.apimachinery import clock, meta, timestamps
from liqolab.apimachinery.builtin import CRON_JOBS, JOBS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.schedules import Schedule
from liqolab.apimachinery.selectors import NOTHING, LabelSelector
from liqolab.controller.events import EventRecorder, object_reference
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.workload.owned import Dependents

SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp"
MOST_MISSED = 100


class CronJobController:
    def __init__(self, manager: Manager) -> None:
        self._client = manager.client
        self._recorder = EventRecorder(manager.client, texts.CRON_JOB_CONTROLLER)
        self._cron_jobs = manager.informer(CRON_JOBS)
        jobs = manager.informer(JOBS)
        self._jobs = Dependents(manager.client, self._cron_jobs, jobs, selector_of=_selects_nothing)
        controller = Controller(texts.CRON_JOB_CONTROLLER, self._reconcile, workers=2)
        controller.watches(self._cron_jobs).watches(jobs, self._jobs.owner_keys)
        manager.add(controller)

    async def _reconcile(self, key: str) -> float | None:
        cron_job = self._cron_jobs.by_key(key)
        if cron_job is None or meta.is_deleting(cron_job) or not self._jobs.expectations.satisfied(key):
            return None
        jobs = self._jobs.owned(cron_job)
        status = await self._take_stock(cron_job, jobs)
        await self._trim(cron_job, jobs)
        again = await self._run_if_due(key, cron_job, jobs, status)
        if status != (cron_job.get("status") or {}):
            await self._client.update(CRON_JOBS, {**cron_job, "status": status}, subresource="status")
        return again

    async def _take_stock(self, cron_job: Object, jobs: Objects) -> Object:
        """The status with active jobs brought up to date."""
        status = {**(cron_job.get("status") or {})}
        by_uid = {meta.uid(job): job for job in jobs}
        active = []
        for reference in status.get("active") or []:
            job = by_uid.get(reference["uid"])
            if job is None:
                message = texts.MISSING_JOB_MESSAGE.format(name=reference["name"])
                await self._tell(cron_job, "Normal", texts.MISSING_JOB, message)
                continue
            outcome = _outcome(job)
            if not outcome:
                active.append(reference)
                continue
            message = texts.SAW_COMPLETED_JOB_MESSAGE.format(name=meta.name(job), condition=outcome)
            await self._tell(cron_job, "Normal", texts.SAW_COMPLETED_JOB, message)
        finished = [time for job in jobs if (time := meta.get_path(job, "status", "completionTime"))]
        if finished:
            status["lastSuccessfulTime"] = max([*finished, status.get("lastSuccessfulTime") or ""])
        _set_active(status, active)
        return status

    async def _trim(self, cron_job: Object, jobs: Objects) -> None:
        """Delete finished jobs beyond the history limits, oldest first."""
        for outcome, field, default in (
            ("Complete", "successfulJobsHistoryLimit", 3),
            ("Failed", "failedJobsHistoryLimit", 1),
        ):
            limit = cron_job["spec"].get(field)
            finished = [job for job in jobs if _outcome(job) == outcome and not meta.is_deleting(job)]
            finished.sort(key=lambda job: (meta.get_path(job, "status", "startTime", default=""), meta.name(job)))
            for job in finished[: max(0, len(finished) - (default if limit is None else limit))]:
                await self._delete(cron_job, job)

    async def _delete(self, cron_job: Object, job: Object) -> None:
        await self._client.remove(JOBS, meta.name(job), meta.namespace(job), propagation="Background")
        message = texts.DELETED_JOB_MESSAGE.format(name=meta.name(job))
        await self._tell(cron_job, "Normal", texts.SUCCESSFUL_DELETE, message)

    async def _run_if_due(self, key: str, cron_job: Object, jobs: Objects, status: Object) -> float | None:
        """Start the job that is due, if one is; seconds until the next tick."""
        spec = cron_job["spec"]
        if spec.get("suspend"):
            return None
        try:
            schedule = Schedule.parse(spec["schedule"], spec.get("timeZone"))
        except ValueError as error:
            message = texts.UNPARSEABLE_SCHEDULE_MESSAGE.format(schedule=spec["schedule"], error=error)
            await self._tell(cron_job, "Warning", texts.UNPARSEABLE_SCHEDULE, message)
            return None
        now = clock.utc()
        due = await self._due(cron_job, schedule, now)
        following = schedule.next(now)
        again = None if following is None else (following - now).total_seconds()
        if due is None:
            return again
        deadline = spec.get("startingDeadlineSeconds")
        if deadline is not None and due + timedelta(seconds=deadline) < now:
            shown = due.strftime("%a, %d %b %Y %H:%M:%S %z")
            await self._tell(cron_job, "Warning", texts.MISS_SCHEDULE, texts.MISS_SCHEDULE_MESSAGE.format(time=shown))
            return again
        await self._run(key, cron_job, jobs, status, due)
        return again

    async def _due(self, cron_job: Object, schedule: Schedule, now: datetime) -> datetime | None:
        """The latest tick that has passed since the last job was started."""
        last = meta.get_path(cron_job, "status", "lastScheduleTime") or cron_job["metadata"]["creationTimestamp"]
        since = timestamps.parse(last)
        deadline = cron_job["spec"].get("startingDeadlineSeconds")
        if deadline is not None:
            since = max(since, now - timedelta(seconds=deadline))
        missed = list(islice(takewhile(lambda tick: tick <= now, schedule.ticks(since)), MOST_MISSED + 1))
        if len(missed) <= MOST_MISSED:
            return missed[-1] if missed else None
        message = texts.TOO_MANY_MISSED_MESSAGE.format(count=len(missed))
        await self._tell(cron_job, "Warning", texts.TOO_MANY_MISSED, message)
        # However many were missed, one run makes up for them.
        return schedule.latest(since, now)

    async def _run(self, key: str, cron_job: Object, jobs: Objects, status: Object, due: datetime) -> None:
        name = f"{meta.name(cron_job)}-{int(due.timestamp()) // 60}"
        policy = cron_job["spec"].get("concurrencyPolicy", "Allow")
        active = status.get("active") or []
        if any(meta.name(job) == name for job in jobs):
            status["lastScheduleTime"] = timestamps.format_time(due)
            return
        if policy == "Forbid" and active:
            await self._tell(cron_job, "Normal", *texts.JOB_ALREADY_ACTIVE)
            return
        if policy == "Replace":
            for job in jobs:
                if any(reference["uid"] == meta.uid(job) for reference in active):
                    await self._delete(cron_job, job)
            active = []
        self._jobs.expectations.expect_creations(key, 1)
        try:
            job = await self._client.create(JOBS, _job(cron_job, name, due), meta.namespace(cron_job))
        except (ApiError, OSError) as error:
            self._jobs.expectations.creation_observed(key)
            message = texts.ERROR_CREATING_JOB.format(error=error)
            await self._tell(cron_job, "Warning", texts.FAILED_CREATE, message)
            raise
        await self._tell(cron_job, "Normal", texts.SUCCESSFUL_CREATE, texts.CREATED_JOB.format(name=name))
        _set_active(status, [*active, object_reference(job)])
        status["lastScheduleTime"] = timestamps.format_time(due)

    async def _tell(self, about: Object, type: Literal["Normal", "Warning"], reason: str, message: str) -> None:
        await self._recorder.event(about, type, reason, message)


def _selects_nothing(cron_job: Object) -> LabelSelector:
    """Cron jobs know their jobs by owner reference alone."""
    return NOTHING


def _job(cron_job: Object, name: str, due: datetime) -> Object:
    template = meta.deep_copy(cron_job["spec"]["jobTemplate"])
    metadata = template.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), SCHEDULED_AT: due.isoformat().replace("+00:00", "Z")}
    return JOBS.manifest(
        name,
        labels=metadata.get("labels") or {},
        annotations=annotations,
        owners=[meta.owner_reference(cron_job)],
        spec=template.get("spec") or {},
    )


def _outcome(job: Object) -> str:
    """``Complete``, ``Failed``, or nothing while it runs."""
    return next((kind for kind in ("Complete", "Failed") if meta.condition_is_true(job, kind)), "")


def _set_active(status: Object, active: Objects) -> None:
    status.pop("active", None)
    if active:
        status["active"] = active
