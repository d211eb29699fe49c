"""From what pods use to how many there should be: the autoscaler's steps, each held against a table."""

from __future__ import annotations

from typing import Any

import pytest

from liqolab.kube.controllers.autoscaling.behavior import Memory, hold
from liqolab.kube.controllers.autoscaling.replicas import NoReplicasError, Proposal, Sample, Target, propose

Object = dict[str, Any]

NOW = 1_800_000_000.0
OLD, YOUNG = "2026-01-01T00:00:00Z", "2027-01-15T07:59:30Z"
"""Long before NOW, and half a minute before it."""


def pod(name: str, ready: str = "True", phase: str = "Running", since: str = OLD, cpu: str = "100m") -> Object:
    status = {"phase": phase, "startTime": since}
    status |= {"conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": since}]}  # type: ignore[dict-item]
    requests = {"resources": {"requests": {"cpu": cpu}}} if cpu else {}
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "c", **requests}]}, "status": status}


def samples(**millis: int) -> dict[str, Sample]:
    return {name: Sample(value, NOW, 15.0) for name, value in millis.items()}


HALF = Target("cpu", utilization=50)
UNREADY_C = pod("c", ready="False", since=YOUNG)

PROPOSALS: dict[str, tuple[Target, list[Object], dict[str, Sample], Proposal]] = {
    "twice too much": (HALF, [pod("a"), pod("b")], samples(a=100, b=100), Proposal(4, 100, 100)),
    "within a tenth": (HALF, [pod("a"), pod("b")], samples(a=54, b=55), Proposal(2, 54, 54)),
    "half": (HALF, [pod("a"), pod("b")], samples(a=20, b=20), Proposal(1, 20, 20)),
    "an amount": (Target("cpu", millis=50), [pod("a"), pod("b")], samples(a=200, b=100), Proposal(6, 150)),
    "an unready pod uses nothing": (
        HALF,
        [pod("a"), pod("b"), UNREADY_C],
        samples(a=100, b=100, c=0),
        Proposal(4, 100, 100),
    ),
    "a young sample does not count": (
        HALF,
        [pod("a"), pod("b", since="2027-01-15T07:59:55Z")],
        samples(a=20, b=500),
        Proposal(1, 20, 20),
    ),
    "a missing pod uses all on the way down": (HALF, [pod("a"), pod("b")], samples(a=10), Proposal(2, 10, 10)),
    "a missing pod uses nothing on the way up": (HALF, [pod("a"), pod("b")], samples(a=60), Proposal(2, 60, 60)),
    "one that goes is forgotten": (
        HALF,
        [pod("a"), {**pod("b"), "metadata": {"name": "b", "deletionTimestamp": OLD}}],
        samples(a=100, b=9),
        Proposal(2, 100, 100),
    ),
    "one that waits": (HALF, [pod("a"), pod("b", phase="Pending")], samples(a=100), Proposal(2, 100, 100)),
}


@pytest.mark.parametrize("case", PROPOSALS.values(), ids=list(PROPOSALS))
def test_proposals(case: tuple[Target, list[Object], dict[str, Sample], Proposal]) -> None:
    target, pods, used, wanted = case
    assert propose(target, 2, pods, used, NOW) == wanted


@pytest.mark.parametrize(
    ("pods", "used", "text"),
    [
        ([], {}, "no pods returned by selector while calculating replica count"),
        (
            [pod("a", ready="False", since=YOUNG)],
            samples(a=1),
            "did not receive metrics for targeted pods (pods might be unready)",
        ),
        ([pod("a", cpu="")], samples(a=1), "missing request for cpu in container c of Pod a"),
    ],
)
def test_what_cannot_be_told_says_why(pods: list[Object], used: dict[str, Sample], text: str) -> None:
    with pytest.raises(NoReplicasError) as raised:
        propose(HALF, 2, pods, used, NOW)
    assert str(raised.value) == text


def rates(up: Object | None = None, down: Object | None = None) -> Object:
    return {"behavior": {**({"scaleUp": up} if up else {}), **({"scaleDown": down} if down else {})}}


ONE_A_MINUTE = [{"type": "Pods", "value": 1, "periodSeconds": 60}]
NO_WINDOW = {"stabilizationWindowSeconds": 0}
TENTH = [{"type": "Percent", "value": 10, "periodSeconds": 60}, {"type": "Pods", "value": 5, "periodSeconds": 60}]

HELD: dict[str, tuple[Object, Memory, tuple[int, int], tuple[int, str, str]]] = {
    # spec, memory, (current, desired), (allowed, reason of AbleToScale, reason of ScalingLimited)
    "to four at once": ({}, Memory(), (1, 9), (4, "ReadyForNewScale", "ScaleUpLimit")),
    "twice at once": ({}, Memory(), (4, 10), (8, "ReadyForNewScale", "ScaleUpLimit")),
    "at the top": ({}, Memory(), (8, 20), (10, "ReadyForNewScale", "TooManyReplicas")),
    "at the bottom": ({"minReplicas": 3}, Memory(), (5, 1), (3, "ReadyForNewScale", "TooFewReplicas")),
    "five minutes of doubt": ({}, Memory([(6, NOW - 200)]), (6, 2), (6, "ScaleDownStabilized", "DesiredWithinRange")),
    "no doubt left": ({}, Memory([(6, NOW - 400)]), (6, 2), (2, "ReadyForNewScale", "DesiredWithinRange")),
    "down without a window": (
        rates(down=NO_WINDOW),
        Memory([(6, NOW - 5)]),
        (6, 2),
        (2, "ReadyForNewScale", "DesiredWithinRange"),
    ),
    "four or twice in 15 s": (rates(up=NO_WINDOW), Memory(), (1, 9), (5, "ReadyForNewScale", "ScaleUpLimit")),
    "one a minute": (rates(up={"policies": ONE_A_MINUTE}), Memory(), (3, 9), (4, "ReadyForNewScale", "ScaleUpLimit")),
    "one a minute, and one was": (
        rates(up={"policies": ONE_A_MINUTE}),
        Memory(ups=[(1, NOW - 30)]),
        (4, 9),
        (4, "ReadyForNewScale", "ScaleUpLimit"),
    ),
    "the larger of two": (
        rates(down={**NO_WINDOW, "policies": TENTH}),
        Memory(),
        (80, 2),
        (72, "ReadyForNewScale", "ScaleDownLimit"),
    ),
    "the smaller of two": (
        rates(down={**NO_WINDOW, "selectPolicy": "Min", "policies": TENTH}),
        Memory(),
        (80, 2),
        (75, "ReadyForNewScale", "ScaleDownLimit"),
    ),
    "never down": (
        rates(down={**NO_WINDOW, "selectPolicy": "Disabled"}),
        Memory(),
        (8, 2),
        (8, "ReadyForNewScale", "ScaleDownLimit"),
    ),
    "up when it lasts": (
        rates(up={"stabilizationWindowSeconds": 60}),
        Memory([(2, NOW - 30)]),
        (2, 6),
        (2, "ScaleUpStabilized", "DesiredWithinRange"),
    ),
}


@pytest.mark.parametrize("case", HELD.values(), ids=list(HELD))
def test_what_holds_a_change_back(case: tuple[Object, Memory, tuple[int, int], tuple[int, str, str]]) -> None:
    spec, memory, (current, desired), wanted = case
    most = 100 if current > 10 else 10
    held = hold(memory, {"maxReplicas": most, **spec}, current, desired, NOW)
    assert (held.replicas, held.able[1], held.limited[1]) == wanted
    assert held.limited[0] == ("False" if wanted[2] == "DesiredWithinRange" else "True")
