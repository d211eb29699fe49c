"""What controllers compute: sizes, and when to look again."""

from __future__ import annotations

import pytest

from liqolab.apimachinery.resources import Object
from liqolab.kube.controllers.deployment import sizes
from liqolab.kube.controllers.deployment.status import seconds_until_late
from liqolab.kube.controllers.statefulset import plan
from tests.controllers.test_deployments import deployment


@pytest.mark.parametrize(
    ("reason", "again"),
    [("NewReplicaSetAvailable", None), ("ProgressDeadlineExceeded", None), ("ReplicaSetUpdated", 0.0)],
)
def test_a_rollout_that_cannot_become_late_any_more_is_not_waited_for(reason: str, again: float | None) -> None:
    """Whose pods have all become unready long after a rollout that went well, for instance."""
    item = deployment(1, progressDeadlineSeconds=600)
    row = {"type": "Progressing", "status": "True", "reason": reason, "lastUpdateTime": "2020-01-01T00:00:00Z"}
    item["status"] = {"replicas": 1, "updatedReplicas": 1, "conditions": [row]}
    assert seconds_until_late(item, item["status"]) == again


def replica_set(name: str, size: int, available: int, whole: str = "13") -> Object:
    annotations = {sizes.DESIRED_REPLICAS: "10", sizes.MAX_REPLICAS: whole}
    metadata = {"name": name, "uid": name, "annotations": annotations, "creationTimestamp": name}
    return {"metadata": metadata, "spec": {"replicas": size}, "status": {"availableReplicas": available}}


def rolling(replicas: int, surge: int | str, unavailable: int | str) -> Object:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    return {"spec": {"replicas": replicas, "strategy": strategy}, "status": {"replicas": 13}}


@pytest.mark.parametrize(
    ("replicas", "before", "after"),
    [(30, (8, 5), (20, 13)), (5, (20, 13), (5, 3)), (0, (8, 5), (0, 0)), (10, (8, 5), (8, 5))],
)
def test_both_versions_keep_their_share_when_a_rollout_is_scaled(
    replicas: int, before: tuple[int, int], after: tuple[int, int]
) -> None:
    """As a real 1.34 has it: 3 above and 2 below are allowed, and the new version never becomes ready."""
    old, new = (replica_set(name, size, 0, str(sum(before))) for name, size in zip("ab", before, strict=True))
    steps = sizes.resize(rolling(replicas, 3, 2), new, [old])
    found = {step.replica_set["metadata"]["name"]: step.size for step in steps}
    assert (found["a"], found["b"]) == after


@pytest.mark.parametrize(
    ("available", "left"), [(20, None), (5, 3)], ids=["pods still counted that are condemned", "caught up"]
)
def test_nothing_is_taken_from_an_old_version_whose_count_is_behind(available: int, left: int | None) -> None:
    """Or a rollout that is scaled down loses all the pods that serve."""
    old, new = replica_set("a", 5, available), replica_set("b", 3, 0)
    steps = [step.size for step in sizes.shrink_old(rolling(5, 3, 2), new, [old])]
    assert steps == ([] if left is None else [left])


@pytest.mark.parametrize(
    ("wanted", "surge", "unavailable", "limits"),
    [
        (10, 3, 2, (3, 2)),
        (3, "25%", "25%", (1, 0)),
        (7, "50%", "20%", (4, 1)),
        (1, "0%", "25%", (0, 1)),
        (4, 0, "10%", (0, 1)),
        (5, "100%", "100%", (5, 5)),
        (2, 0, 9, (0, 2)),
    ],
)
def test_shares_are_rounded_up_above_and_down_below(
    wanted: int, surge: int | str, unavailable: int | str, limits: tuple[int, int]
) -> None:
    item = rolling(wanted, surge, unavailable)
    assert (sizes.max_surge(item), sizes.max_unavailable(item)) == limits


@pytest.mark.parametrize(
    ("healthy", "deleted"),
    [((True, True, True), [2]), ((True, True, False), [2]), ((False, True, True), [2]), ((False, False, False), [])],
)
def test_an_ordered_set_shrinks_from_above_and_waits_for_the_unwell(
    healthy: tuple[bool, ...], deleted: list[int]
) -> None:
    owner = {"metadata": {"name": "s"}, "spec": {"replicas": 0}}
    pods = [
        {
            "metadata": {"name": f"s-{number}"},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": str(ready)}]},
        }
        for number, ready in enumerate(healthy)
    ]
    assert [step.ordinal for step in plan.next_steps(owner, pods, "r")] == deleted
