"""The books of a job: how many pods succeeded and failed, and what follows from that.

A finished pod is counted once even if its record disappears in between: it carries a finalizer until the job's status
names it, and leaves the status' list of names only when the finalizer is gone and the number has been raised.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers import texts

FINALIZER = "batch.kubernetes.io/job-tracking"
INDEX = "batch.kubernetes.io/job-completion-index"
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


def has_succeeded(pod: Object) -> bool:
    return bool(meta.get_path(pod, "status", "phase") == "Succeeded")


def has_failed(pod: Object) -> bool:
    """A pod that is being deleted before it succeeded counts as failed."""
    return meta.get_path(pod, "status", "phase") == "Failed" or (meta.is_deleting(pod) and not has_succeeded(pod))


def index_of(pod: Object) -> int | None:
    text = meta.annotations(pod).get(INDEX, "")
    return int(text) if text.isdigit() else None


@dataclass(frozen=True, slots=True)
class Books:
    """The state of a job's pods at one moment.

    Attributes:
        active: pods that run or wait.
        succeeded, failed: how many did so, ever.
        uncounted_succeeded, uncounted_failed: uids of finished pods not yet in the status' numbers.
        settled: uids of the status' uncounted lists whose pods have lost the finalizer: their numbers can be raised.
        indexes: for indexed jobs, the indexes that succeeded.
    """

    active: Objects
    succeeded: int
    failed: int
    uncounted_succeeded: list[str]
    uncounted_failed: list[str]
    settled: frozenset[str]
    indexes: frozenset[int]


def count(job: Object, pods: Objects) -> Books:
    """Balance the status with the pods as they are now."""
    status = job.get("status") or {}
    uncounted = status.get("uncountedTerminatedPods") or {}
    known_succeeded: list[str] = uncounted.get("succeeded") or []
    known_failed: list[str] = uncounted.get("failed") or []
    tracked = {meta.uid(pod) for pod in pods if meta.has_finalizer(pod, FINALIZER)}
    settled = frozenset({*known_succeeded, *known_failed} - tracked)
    fresh_succeeded = [meta.uid(pod) for pod in pods if meta.uid(pod) in tracked and has_succeeded(pod)]
    fresh_failed = [meta.uid(pod) for pod in pods if meta.uid(pod) in tracked and has_failed(pod)]
    all_succeeded = list(dict.fromkeys([*known_succeeded, *fresh_succeeded]))
    all_failed = list(dict.fromkeys([*known_failed, *fresh_failed]))
    indexes = parse_indexes(status.get("completedIndexes") or "")
    indexes |= {index for pod in pods if has_succeeded(pod) and (index := index_of(pod)) is not None}
    succeeded = len(indexes) if is_indexed(job) else status.get("succeeded", 0) + len(all_succeeded)
    active = [pod for pod in pods if not meta.pod_is_terminal(pod) and not meta.is_deleting(pod)]
    failed = status.get("failed", 0) + len(all_failed)
    return Books(active, succeeded, failed, all_succeeded, all_failed, settled, frozenset(indexes))


def verdict(job: Object, books: Books) -> Verdict | None:
    """Whether and why the job is over."""
    for kind, final in (("FailureTarget", "Failed"), ("SuccessCriteriaMet", "Complete")):
        known = meta.find_condition(job, kind)
        if known is not None and known["status"] == "True":
            return Verdict(kind, final, known.get("reason", ""), known.get("message", ""))
    limit = meta.get_path(job, "spec", "backoffLimit", default=6)
    if books.failed > limit:
        return Verdict("FailureTarget", "Failed", *texts.BACKOFF_LIMIT_EXCEEDED)
    left = seconds_until_deadline(job)
    if left is not None and left <= 0:
        return Verdict("FailureTarget", "Failed", *texts.JOB_DEADLINE_EXCEEDED)
    wanted = completions(job)
    done = books.succeeded > 0 and not books.active if wanted is None else books.succeeded >= wanted
    return Verdict("SuccessCriteriaMet", "Complete", *texts.COMPLETIONS_REACHED) if done else None


def seconds_until_deadline(job: Object) -> float | None:
    limit = job["spec"].get("activeDeadlineSeconds")
    started = meta.get_path(job, "status", "startTime")
    if limit is None or not started or is_suspended(job):
        return None
    return timestamps.parse(started).timestamp() + float(limit) - time.time()


def missing(job: Object, books: Books) -> int:
    """How many pods to start (or, negative, to stop)."""
    wanted = completions(job)
    if wanted is None:
        target = len(books.active) if books.succeeded else parallelism(job)
    else:
        target = min(parallelism(job), max(0, wanted - books.succeeded))
    return target - len(books.active)


def free_indexes(job: Object, books: Books, number: int) -> list[int]:
    """The lowest `number` indexes that neither succeeded nor run."""
    taken = books.indexes | {index for pod in books.active if (index := index_of(pod)) is not None}
    return [index for index in range(completions(job) or 0) if index not in taken][:number]


def backoff(pods: Iterable[Object]) -> float:
    """Seconds to wait before the next pod is started, given the failures since the last success."""
    finished = sorted((_finished_at(pod), has_failed(pod)) for pod in pods if has_failed(pod) or has_succeeded(pod))
    failures = 0
    for _, failed in reversed(finished):
        if not failed:
            break
        failures += 1
    if not failures:
        return 0.0
    pause = min(FIRST_BACKOFF_SECONDS * 2.0 ** (failures - 1), LONGEST_BACKOFF_SECONDS)
    return max(0.0, finished[-1][0] + pause - time.time())


def _finished_at(pod: Object) -> float:
    ends = [
        end
        for entry in meta.get_path(pod, "status", "containerStatuses", default=[])
        if (end := meta.get_path(entry, "state", "terminated", "finishedAt"))
    ]
    text = max(ends, default=None) or pod["metadata"].get("deletionTimestamp")
    return timestamps.parse(text).timestamp() if text else time.time()


def parse_indexes(text: str) -> set[int]:
    """The set behind ``1,3-5,7``."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def format_indexes(indexes: Iterable[int]) -> str:
    """``1,3-5,7`` for a set of numbers."""
    runs: list[list[int]] = []
    for index in sorted(indexes):
        if runs and runs[-1][1] == index - 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ",".join(_run(first, last) for first, last in runs)


def _run(first: int, last: int) -> str:
    if first == last:
        return str(first)
    return f"{first},{last}" if last == first + 1 else f"{first}-{last}"
