"""Jobs with rules of their own: which failures count, which indexes are given up, what is enough."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import JOBS, PODS
from liqolab.apimachinery.resources import Object
from liqolab.kube.controllers.job import rules
from tests.controllers.conftest import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")


def indexed(number: int, **spec: Any) -> Object:
    containers = [{"name": "c", "image": "busybox"}]
    template = {"spec": {"restartPolicy": "Never", "containers": containers}}
    return {"completions": number, "parallelism": number, "completionMode": "Indexed", "template": template, **spec}


def failed_pod(code: int, name: str = "c", **annotations: str) -> Object:
    row = {"name": name, "state": {"terminated": {"exitCode": code}}}
    metadata = {"name": "p", "namespace": "n", "annotations": annotations}
    return {"metadata": metadata, "status": {"phase": "Failed", "containerStatuses": [row]}}


def job_with(*failure_rules: Object, **spec: Any) -> Object:
    return {"spec": {"podFailurePolicy": {"rules": list(failure_rules)}, **spec}}


async def ended(lab: Lab, namespace: str, spec: Object, ends: dict[str, tuple[str, int]]) -> Object:
    """The job when it is over, its pods having ended as `ends` says for each index: phase and exit code."""
    await lab.client.create(JOBS, {"metadata": {"name": "j"}, "spec": spec}, namespace)
    async with lab.kubelet(namespace):
        seen: set[str] = set()
        async for pod in lab.follow(PODS, namespace):
            index = meta.annotations(pod)[rules.INDEX]
            if meta.pod_is_ready(pod) and index in ends and index not in seen:
                seen.add(index)
                phase, code = ends[index]
                rows = [{"name": "c", "image": "busybox", "imageID": "", "ready": False, "restartCount": 0,
                         "state": {"terminated": {"exitCode": code}}}]  # fmt: skip
                status = {"phase": phase, "containerStatuses": rows}
                await lab.client.patch(PODS, meta.name(pod), {"status": status}, namespace, subresource="status")
            if seen == set(ends):
                break
        return await lab.until(
            JOBS, namespace, lambda j: any(meta.condition_is_true(j, kind) for kind in ("Complete", "Failed"))
        )


@pytest.mark.parametrize(
    ("rule", "number"),
    [({"succeededIndexes": "0,2"}, 0), ({"succeededIndexes": "0-3", "succeededCount": 2}, 0)],
)
async def test_a_job_has_succeeded_as_soon_as_its_rule_says(lab: Lab, rule: Object, number: int) -> None:
    namespace = await lab.namespace()
    spec = indexed(4, successPolicy={"rules": [rule]})
    job = await ended(lab, namespace, spec, {"0": ("Succeeded", 0), "2": ("Succeeded", 0)})
    condition = meta.find_condition(job, "Complete")
    assert condition is not None
    assert (condition["reason"], condition["message"]) == ("SuccessPolicy", f"Matched rules at index {number}")
    assert (job["status"]["completedIndexes"], job["status"].get("active")) == ("0,2", None)


async def test_an_index_that_fails_once_too_often_is_given_up_and_the_others_go_on(lab: Lab) -> None:
    namespace = await lab.namespace()
    job = await ended(lab, namespace, indexed(2, backoffLimitPerIndex=0), {"0": ("Failed", 1), "1": ("Succeeded", 0)})
    condition = meta.find_condition(job, "Failed")
    assert condition is not None
    assert (condition["reason"], condition["message"]) == ("FailedIndexes", "Job has failed indexes")
    assert (job["status"]["failedIndexes"], job["status"]["completedIndexes"]) == ("0", "1")


async def test_a_job_gives_up_with_too_many_indexes(lab: Lab) -> None:
    namespace = await lab.namespace()
    spec = indexed(3, backoffLimitPerIndex=0, maxFailedIndexes=0)
    job = await ended(lab, namespace, spec, {"1": ("Failed", 1)})
    condition = meta.find_condition(job, "Failed")
    assert condition is not None and condition["reason"] == "MaxFailedIndexesExceeded"


async def test_an_exit_code_ends_the_job_at_once(lab: Lab) -> None:
    namespace = await lab.namespace()
    rule = {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [3]}}
    job = await ended(lab, namespace, indexed(1, podFailurePolicy={"rules": [rule]}), {"0": ("Failed", 3)})
    condition = meta.find_condition(job, "Failed")
    assert condition is not None and condition["reason"] == "PodFailurePolicy"
    assert condition["message"].startswith(f"Container c for pod {namespace}/j-0-")
    assert condition["message"].endswith(" failed with exit code 3 matching FailJob rule at index 0")


@pytest.mark.parametrize(
    ("rule", "pod", "matches"),
    [
        ({"onExitCodes": {"operator": "In", "values": [1, 2]}}, failed_pod(2), True),
        ({"onExitCodes": {"operator": "NotIn", "values": [1, 2]}}, failed_pod(2), False),
        ({"onExitCodes": {"operator": "NotIn", "values": [1, 2]}}, failed_pod(3), True),
        ({"onExitCodes": {"operator": "NotIn", "values": [1]}}, failed_pod(0), False),
        ({"onExitCodes": {"containerName": "d", "operator": "In", "values": [2]}}, failed_pod(2), False),
        ({"onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}, failed_pod(2), False),
    ],
)
async def test_failures_that_a_rule_ignores_do_not_count(rule: Object, pod: Object, matches: bool) -> None:
    assert rules.counts(job_with({"action": "Ignore", **rule}), pod) is not matches


async def test_a_pod_carries_the_failures_before_it() -> None:
    job = job_with({"action": "Ignore", "onExitCodes": {"operator": "In", "values": [9]}})
    counted, ignored = failed_pod(1, **{rules.FAILURES: "2"}), failed_pod(9, **{rules.FAILURES: "2"})
    assert rules.failures_after(job, None) == {rules.FAILURES: "0"}
    assert rules.failures_after(job, counted) == {rules.FAILURES: "3"}
    assert rules.failures_after(job, ignored) == {rules.FAILURES: "2", rules.IGNORED_FAILURES: "1"}


async def test_containers_that_are_restarted_too_often_end_the_job() -> None:
    job = {"spec": {"template": {"spec": {"restartPolicy": "OnFailure"}}}}
    pod = {"status": {"phase": "Running", "containerStatuses": [{"restartCount": 2}]}}
    assert [rules.restarts_exceed(job, [pod], limit) for limit in (0, 2, 3)] == [True, True, False]
