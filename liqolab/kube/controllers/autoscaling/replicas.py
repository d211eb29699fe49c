"""From what pods use to how many there should be.

Pods that are not ready, and those of which nothing is known, are put on the side that holds a change back: they use
nothing when it goes up, and all of their share when it goes down.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from liqolab.apimachinery import meta
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object, Objects
from liqolab.apimachinery.timestamps import parse
from liqolab.kube.controllers.autoscaling import texts

CPU_INITIALIZATION_SECONDS: Final = 300.0
READINESS_DELAY_SECONDS: Final = 30.0
TOLERANCE: Final = 0.1


class NoReplicasError(Exception):
    """No number can be worked out; the text says why."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a pod uses.

    Attributes:
        millis: thousandths of a core, or of a byte.
        time: when it was measured, in seconds since the epoch.
        window: over how many seconds before that.
    """

    millis: int
    time: float = 0.0
    window: float = 0.0


@dataclass(frozen=True, slots=True)
class Proposal:
    """How many pods there should be, and what was found.

    Attributes:
        replicas: that many.
        millis: what a pod uses on average.
        utilization: the same in percent of its request; None where the target is an amount.
    """

    replicas: int
    millis: int
    utilization: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What a metric aims at: a percentage of requests, or else an amount."""

    resource: str
    utilization: int | None = None
    millis: int = 0
    container: str = ""


def propose(target: Target, current: int, pods: Objects, samples: Mapping[str, Sample], now: float) -> Proposal:
    """Work out how many pods there should be.

    Args:
        target: what to aim at.
        current: how many there are to be now.
        pods: those that the scale's selector finds.
        samples: pod name → what it uses.
        now: seconds since the epoch.

    Raises:
        NoReplicasError: it cannot be told.
    """
    if not pods:
        raise NoReplicasError(texts.NO_PODS)
    groups = _Groups(pods, samples, target.resource, now)
    if not groups.samples:
        raise NoReplicasError(texts.NONE_RECEIVED)
    requests = _requests(pods, target) if target.utilization is not None else {}
    ratio, proposal = _ratio(target, groups.samples, requests, current)
    up_beside_unready = bool(groups.unready) and ratio > 1
    if not up_beside_unready and not groups.missing:
        return proposal if _tolerated(ratio) else _of(proposal, math.ceil(ratio * groups.ready))
    if ratio < 1:
        for name in groups.missing:
            groups.samples[name] = Sample(_full(target, requests.get(name, 0)))
    elif ratio > 1:
        groups.samples |= dict.fromkeys(groups.missing, Sample(0))
    if up_beside_unready:
        groups.samples |= dict.fromkeys(groups.unready, Sample(0))
    again, _ = _ratio(target, groups.samples, requests, current)
    replicas = math.ceil(again * len(groups.samples))
    turns = (ratio - 1) * (again - 1) < 0
    backwards = (again < 1 and replicas > current) or (again > 1 and replicas < current)
    return proposal if _tolerated(again) or turns or backwards else _of(proposal, replicas)


def _of(proposal: Proposal, replicas: int) -> Proposal:
    return Proposal(replicas, proposal.millis, proposal.utilization)


def _tolerated(ratio: float) -> bool:
    return 1 - TOLERANCE <= ratio <= 1 + TOLERANCE


def _ratio(
    target: Target, samples: Mapping[str, Sample], requests: Mapping[str, int], current: int
) -> tuple[float, Proposal]:
    """Usage by target, and the proposal to leave everything as it is."""
    if target.utilization is None:
        mean = sum(sample.millis for sample in samples.values()) // len(samples)
        return mean / target.millis, Proposal(current, mean)
    used = [(samples[name].millis, requests[name]) for name in samples if name in requests]
    total, requested = sum(row[0] for row in used), sum(row[1] for row in used)
    if not requested:
        raise NoReplicasError(texts.NO_MATCH)
    percent = total * 100 // requested
    return percent / target.utilization, Proposal(current, total // len(used), percent)


def _full(target: Target, request: int) -> int:
    if target.utilization is None:
        return target.millis
    return request * max(100, target.utilization) // 100


class _Groups:
    """Pods by what is to be thought of them.

    Attributes:
        samples: of those that count.
        ready: how many those are.
        unready, missing: the names of pods that are not ready, and of those without a sample.
    """

    def __init__(self, pods: Objects, samples: Mapping[str, Sample], resource: str, now: float) -> None:
        self.samples = dict(samples)
        self.ready = 0
        self.unready: list[str] = []
        self.missing: list[str] = []
        for pod in pods:
            name, phase = meta.name(pod), meta.get_path(pod, "status", "phase")
            if meta.is_deleting(pod) or phase == "Failed":
                self.samples.pop(name, None)
            elif phase == "Pending":
                self._set_aside(name)
            elif name not in samples:
                self.missing.append(name)
            elif resource == "cpu" and _is_unready(pod, samples[name], now):
                self._set_aside(name)
            else:
                self.ready += 1

    def _set_aside(self, name: str) -> None:
        self.unready.append(name)
        self.samples.pop(name, None)


def _is_unready(pod: Object, sample: Sample, now: float) -> bool:
    """Whether a sample tells of a start rather than of work."""
    status: Object = pod.get("status") or {}
    condition = meta.find_condition(pod, "Ready")
    if condition is None or not status.get("startTime"):
        return True
    started, changed = parse(status["startTime"]).timestamp(), parse(condition["lastTransitionTime"]).timestamp()
    if started + CPU_INITIALIZATION_SECONDS > now:
        return condition["status"] == "False" or sample.time < changed + sample.window
    return condition["status"] == "False" and started + READINESS_DELAY_SECONDS > changed


def _requests(pods: Objects, target: Target) -> dict[str, int]:
    """Pod name → what its containers, or the one that is meant, have requested, in thousandths."""
    return {meta.name(pod): _request(pod, target) for pod in pods}


def _request(pod: Object, target: Target) -> int:
    spec, name = pod["spec"], target.resource
    of_pod = (spec.get("resources") or {}).get("requests") or {}
    if of_pod and not target.container:
        if name not in of_pod:
            raise NoReplicasError(texts.NO_POD_REQUEST.format(resource=name, pod=meta.name(pod)))
        return Quantity.parse(of_pod[name]).millis()
    sidecars = [row for row in spec.get("initContainers") or () if row.get("restartPolicy") == "Always"]
    total = 0
    for row in (*spec["containers"], *sidecars):
        if target.container in ("", row["name"]):
            requested = (row.get("resources") or {}).get("requests") or {}
            if name not in requested:
                text = texts.NO_REQUEST.format(resource=name, container=row["name"], pod=meta.name(pod))
                raise NoReplicasError(text)
            total += Quantity.parse(requested[name]).millis()
    return total
