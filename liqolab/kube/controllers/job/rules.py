"""What a job's own rules make of its pods: which failures count, which indexes are given up, when it has succeeded.

``podFailurePolicy``, ``backoffLimitPerIndex`` with ``maxFailedIndexes``, ``successPolicy`` and
``podReplacementPolicy``; pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers import texts

INDEX: Final = "batch.kubernetes.io/job-completion-index"
FAILURES: Final = "batch.kubernetes.io/job-index-failure-count"
IGNORED_FAILURES: Final = "batch.kubernetes.io/job-index-ignored-failure-count"
"""Annotations of an index's pod: how many pods failed there before it, and how many more that did not count."""

_IGNORE, _FAIL_JOB, _FAIL_INDEX = "Ignore", "FailJob", "FailIndex"


def has_succeeded(pod: Object) -> bool:
    return bool(meta.get_path(pod, "status", "phase") == "Succeeded")


def has_failed(job: Object, pod: Object) -> bool:
    """A pod that is being deleted before it succeeded counts as failed, unless the job waits for its end."""
    if meta.get_path(pod, "status", "phase") == "Failed":
        return True
    return meta.is_deleting(pod) and not has_succeeded(pod) and not waits_for_the_end(job)


def waits_for_the_end(job: Object) -> bool:
    """Whether a pod is replaced once it has come to its end, not as soon as it is being deleted."""
    return bool(job["spec"].get("podReplacementPolicy") == "Failed")


def counts(job: Object, pod: Object) -> bool:
    """Whether the failure of a pod counts against the limits."""
    return _matched(job, pod)[0] != _IGNORE


def failure_of_job(job: Object, pods: Objects) -> str | None:
    """The message of the rule by which a failed pod ends the whole job."""
    for pod in pods:
        if has_failed(job, pod):
            action, message = _matched(job, pod)
            if action == _FAIL_JOB:
                return message
    return None


def index_of(pod: Object) -> int | None:
    text = meta.annotations(pod).get(INDEX, "")
    return int(text) if text.isdigit() else None


def limits_indexes(job: Object) -> bool:
    return job["spec"].get("backoffLimitPerIndex") is not None


def failed_indexes(job: Object, pods: Iterable[Object]) -> set[int]:
    """The indexes that are given up because of these pods."""
    found = set()
    limit = job["spec"]["backoffLimitPerIndex"]
    for pod in pods:
        index = index_of(pod)
        if index is None or not has_failed(job, pod):
            continue
        action = _matched(job, pod)[0]
        if action == _FAIL_INDEX or (action != _IGNORE and _number(pod, FAILURES) >= limit):
            found.add(index)
    return found


def last_failed(job: Object, pods: Iterable[Object], index: int) -> Object | None:
    """The pod of an index that failed last."""
    failed = [pod for pod in pods if index_of(pod) == index and has_failed(job, pod)]
    return max(failed, key=_failures_before, default=None)


def failures_after(job: Object, pod: Object | None) -> dict[str, str]:
    """The annotations of the pod that replaces one."""
    if pod is None:
        return {FAILURES: "0"}
    counted = counts(job, pod)
    failures, ignored = _number(pod, FAILURES) + counted, _number(pod, IGNORED_FAILURES) + (not counted)
    return {FAILURES: str(failures)} | ({IGNORED_FAILURES: str(ignored)} if ignored else {})


def failures_including(pod: Object) -> int:
    """How many pods of an index have failed, this one among them."""
    return _failures_before(pod) + 1


def success(job: Object, indexes: set[int] | frozenset[int]) -> str | None:
    """The message of the rule by which a job has succeeded before all of its pods have."""
    if not indexes:
        return None
    for number, rule in enumerate((job["spec"].get("successPolicy") or {}).get("rules") or ()):
        wanted, least = rule.get("succeededIndexes"), rule.get("succeededCount")
        among = set(indexes)
        if wanted is not None:
            required = {index for index in parse_indexes(wanted) if index < job["spec"]["completions"]}
            if not required:
                continue
            among &= required
            if among == required:
                return texts.SUCCESS_RULE_MATCHED.format(index=number)
        if least is not None and len(among) >= least:
            return texts.SUCCESS_RULE_MATCHED.format(index=number)
    return None


def restarts_exceed(job: Object, pods: Iterable[Object], limit: int) -> bool:
    """Whether containers that are restarted in their pods have failed too often."""
    if job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    restarts = sum(
        row.get("restartCount", 0)
        for pod in pods
        if meta.get_path(pod, "status", "phase") in ("Running", "Pending")
        for kind in ("initContainerStatuses", "containerStatuses")
        for row in meta.get_path(pod, "status", kind, default=[])
    )
    return bool(restarts >= max(limit, 1))


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


def _failures_before(pod: Object) -> int:
    return _number(pod, FAILURES) + _number(pod, IGNORED_FAILURES)


def _number(pod: Object, annotation: str) -> int:
    text = meta.annotations(pod).get(annotation, "")
    return int(text) if text.isdigit() else 0


def _matched(job: Object, pod: Object) -> tuple[str, str]:
    """The action of the first rule that a failed pod matches, and what is said of it; empty where none does."""
    for number, rule in enumerate((job["spec"].get("podFailurePolicy") or {}).get("rules") or ()):
        action, message = rule["action"], ""
        if (codes := rule.get("onExitCodes")) is not None:
            if (row := _container_with(pod, codes)) is None:
                continue
            message = texts.EXIT_CODE_MATCHED.format(
                container=row["name"], pod=meta.key(pod), code=row["state"]["terminated"]["exitCode"],
                action=action, index=number,
            )  # fmt: skip
        elif (condition := _condition_of(pod, rule.get("onPodConditions") or ())) is not None:
            message = texts.POD_CONDITION_MATCHED.format(pod=meta.key(pod), type=condition, action=action, index=number)
        else:
            continue
        return action, message
    return "", ""


def _container_with(pod: Object, codes: Object) -> Object | None:
    rows: Objects = [
        *meta.get_path(pod, "status", "containerStatuses", default=[]),
        *meta.get_path(pod, "status", "initContainerStatuses", default=[]),
    ]
    for row in rows:
        code = meta.get_path(row, "state", "terminated", "exitCode", default=0)
        named = codes.get("containerName") in (None, row["name"])
        if code and named and (code in codes["values"]) == (codes["operator"] == "In"):
            return row
    return None


def _condition_of(pod: Object, patterns: Iterable[Object]) -> str | None:
    wanted = {(pattern["type"], pattern.get("status", "True")) for pattern in patterns}
    for row in meta.get_path(pod, "status", "conditions", default=[]):
        if (row["type"], row["status"]) in wanted:
            return str(row["type"])
    return None
