"""The books of a job: how many pods succeeded and failed, and what follows from that.

A finished pod is counted once even if its record disappears in between: it carries a finalizer until the job's status
names it, and leaves the status' list of names only when the finalizer is gone and the number has been raised.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liqolab.apimachinery import clock, meta, timestamps
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.job import rules
from liqolab.kube.controllers.job.rules import has_failed, has_succeeded, index_of, parse_indexes

FINALIZER = "batch.kubernetes.io/job-tracking"
FIRST_BACKOFF_SECONDS = 10.0
LONGEST_BACKOFF_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a job is over: the condition types to come first and last, a reason and a message."""

    preliminary: str
    final: str
    reason: str
    message: str


def completions(job: Object) -> int | None:
    wanted: int | None = job["spec"].get("completions")
    return wanted


def parallelism(job: Object) -> int:
    number: int = meta.get_path(job, "spec", "parallelism", default=1)
    return number


def is_indexed(job: Object) -> bool:
    return bool(job["spec"].get("completionMode") == "Indexed")


def is_finished(job: Object) -> bool:
    return any(meta.condition_is_true(job, kind) for kind in ("Complete", "Failed"))


def is_suspended(job: Object) -> bool:
    return bool(job["spec"].get("suspend"))


@dataclass(frozen=True, slots=True)
class Books:
    """The state of a job's pods at one moment.

    Attributes:
        active: pods that run or wait.
        ending: pods that are being stopped.
        succeeded, failed: how many did so, ever.
        uncounted_succeeded, uncounted_failed: uids of finished pods not yet in the status' numbers.
        settled: uids of the status' uncounted lists whose pods have lost the finalizer: their numbers can be raised.
        indexes: for indexed jobs, the indexes that succeeded.
        failed_indexes: those that are given up.
    """

    active: Objects
    ending: Objects
    succeeded: int
    failed: int
    uncounted_succeeded: list[str]
    uncounted_failed: list[str]
    settled: frozenset[str]
    indexes: frozenset[int]
    failed_indexes: frozenset[int]


def count(job: Object, pods: Objects) -> Books:
    """Balance the status with the pods as they are now."""
    status = job.get("status") or {}
    uncounted = status.get("uncountedTerminatedPods") or {}
    known_succeeded: list[str] = uncounted.get("succeeded") or []
    known_failed: list[str] = uncounted.get("failed") or []
    tracked = {meta.uid(pod) for pod in pods if meta.has_finalizer(pod, FINALIZER)}
    settled = frozenset({*known_succeeded, *known_failed} - tracked)
    fresh_succeeded = [meta.uid(pod) for pod in pods if meta.uid(pod) in tracked and has_succeeded(pod)]
    failing = [pod for pod in pods if meta.uid(pod) in tracked and has_failed(job, pod)]
    fresh_failed = [meta.uid(pod) for pod in failing if rules.counts(job, pod)]
    all_succeeded = list(dict.fromkeys([*known_succeeded, *fresh_succeeded]))
    all_failed = list(dict.fromkeys([*known_failed, *fresh_failed]))
    indexes = parse_indexes(status.get("completedIndexes") or "")
    indexes |= {index for pod in pods if has_succeeded(pod) and (index := index_of(pod)) is not None}
    succeeded = len(indexes) if is_indexed(job) else status.get("succeeded", 0) + len(all_succeeded)
    active = [pod for pod in pods if not meta.pod_is_terminal(pod) and not meta.is_deleting(pod)]
    ending = [pod for pod in pods if not meta.pod_is_terminal(pod) and meta.is_deleting(pod)]
    failed = status.get("failed", 0) + len(all_failed)
    given_up = parse_indexes(status.get("failedIndexes") or "")
    if rules.limits_indexes(job):
        given_up |= rules.failed_indexes(job, failing)
    return Books(
        active, ending, succeeded, failed, all_succeeded, all_failed, settled, frozenset(indexes), frozenset(given_up)
    )


def verdict(job: Object, pods: Objects, books: Books) -> Verdict | None:
    """Whether and why the job is over: what was said before, what failed, what succeeded."""
    for kind, final in (("SuccessCriteriaMet", "Complete"), ("FailureTarget", "Failed")):
        known = meta.find_condition(job, kind)
        if known is not None and known["status"] == "True":
            return Verdict(kind, final, known.get("reason", ""), known.get("message", ""))
    if why := _failure(job, pods, books):
        return Verdict("FailureTarget", "Failed", *why)
    if is_indexed(job) and (message := rules.success(job, books.indexes)):
        return Verdict("SuccessCriteriaMet", "Complete", texts.SUCCESS_POLICY, message)
    wanted = completions(job)
    done = books.succeeded > 0 and not books.active if wanted is None else books.succeeded >= wanted
    return Verdict("SuccessCriteriaMet", "Complete", *texts.COMPLETIONS_REACHED) if done else None


def _failure(job: Object, pods: Objects, books: Books) -> tuple[str, str] | None:
    """The reason and message of a job that has failed."""
    if message := rules.failure_of_job(job, pods):
        return texts.POD_FAILURE_POLICY, message
    limit = meta.get_path(job, "spec", "backoffLimit", default=6)
    if books.failed > limit or rules.restarts_exceed(job, pods, limit):
        return texts.BACKOFF_LIMIT_EXCEEDED
    left = seconds_until_deadline(job)
    if left is not None and left <= 0:
        return texts.JOB_DEADLINE_EXCEEDED
    if books.failed_indexes:
        most = job["spec"].get("maxFailedIndexes")
        if most is not None and len(books.failed_indexes) > most:
            return texts.MAX_FAILED_INDEXES_EXCEEDED
        if len(books.failed_indexes | books.indexes) >= (completions(job) or 0):
            return texts.FAILED_INDEXES
    return None


def seconds_until_deadline(job: Object) -> float | None:
    limit = job["spec"].get("activeDeadlineSeconds")
    started = meta.get_path(job, "status", "startTime")
    if limit is None or not started or is_suspended(job):
        return None
    return timestamps.parse(started).timestamp() + float(limit) - clock.time()


def missing(job: Object, books: Books) -> int:
    """How many pods to start (or, negative, to stop)."""
    wanted = completions(job)
    if wanted is None:
        target = len(books.active) if books.succeeded else parallelism(job)
    else:
        target = min(parallelism(job), max(0, wanted - books.succeeded))
    number = target - len(books.active)
    return max(0, number - len(books.ending)) if number > 0 and rules.waits_for_the_end(job) else number


def free_indexes(job: Object, books: Books, number: int) -> list[int]:
    """The lowest `number` indexes that neither succeeded nor run, and are not given up."""
    running = [*books.active, *(books.ending if rules.waits_for_the_end(job) else ())]
    taken = books.indexes | books.failed_indexes
    taken |= {index for pod in running if (index := index_of(pod)) is not None}
    return [index for index in range(completions(job) or 0) if index not in taken][:number]


def without_backoff(job: Object, pods: Objects, indexes: list[int]) -> tuple[list[int], float]:
    """The indexes whose next pod may be started now, and the seconds until the first of the others."""
    waits = {}
    for index in indexes:
        pod = rules.last_failed(job, pods, index)
        waits[index] = _pause(rules.failures_including(pod), _finished_at(pod)) if pod is not None else 0.0
    ready = [index for index, seconds in waits.items() if seconds <= 0]
    return ready, min((seconds for seconds in waits.values() if seconds > 0), default=0.0)


def backoff(job: Object, pods: Iterable[Object]) -> float:
    """Seconds to wait before the next pod is started, given the failures since the last success."""
    finished = sorted(
        (_finished_at(pod), has_failed(job, pod)) for pod in pods if has_failed(job, pod) or has_succeeded(pod)
    )
    failures = 0
    for _, failed in reversed(finished):
        if not failed:
            break
        failures += 1
    if not failures:
        return 0.0
    return _pause(failures, finished[-1][0])


def _pause(failures: int, last: float) -> float:
    """The seconds that are left of the pause after so many failures, of which the last was then."""
    pause = min(FIRST_BACKOFF_SECONDS * 2.0 ** (failures - 1), LONGEST_BACKOFF_SECONDS)
    return max(0.0, last + pause - clock.time())


def _finished_at(pod: Object) -> float:
    ends = [
        end
        for entry in meta.get_path(pod, "status", "containerStatuses", default=[])
        if (end := meta.get_path(entry, "state", "terminated", "finishedAt"))
    ]
    text = max(ends, default=None) or pod["metadata"].get("deletionTimestamp")
    return timestamps.parse(text).timestamp() if text else clock.time()
