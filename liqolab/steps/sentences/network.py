"""Sentences about the network: whether a pod can reach a service, asked from beside the pod.

Nothing is run inside the pod itself. A probe pod in its namespace and on its node sends HTTP requests with curl and is
deleted afterwards; any HTTP answer counts as reached, an error page too. A service is written `name:port`,
`name.namespace:port`, or as any host and port.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from liqolab.apimachinery.resources import Object
from liqolab.playground.userland import PROBE_IMAGE
from liqolab.steps.clusters import Cluster
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Difference, Failure, LogTail, Target
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Subject, observe
from liqolab.steps.registry import then, when
from liqolab.steps.timing import Timing
from liqolab.steps.verdicts import one

_REQUEST_SECONDS = 3
_START_SECONDS = 60.0
_TOLD = 20
_PULL_FAILED = "ErrImagePull"
_UNPULLABLE = ("ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName")
_REACHED, _LOST = "liqolab-reached", "liqolab-lost"
_ADDRESS = re.compile(r"[\w.\-\[\]]+:\d+(/\S*)?")


@dataclass(frozen=True, slots=True)
class _Source:
    """The pod beside which requests are sent."""

    cluster: Cluster
    pod: Object
    namespace: str

    @property
    def target(self) -> Target:
        return Target(self.cluster.name, "pod", self.pod["metadata"]["name"], self.namespace)


@then("pod {name}[ in namespace {namespace}][ in cluster {cluster}] can reach service {service}", about="pod")
def can_reach(subject: Subject, service: str, timing: Timing) -> None:
    """Holds when an HTTP request from beside the pod is answered; it is repeated each second until the time is up."""
    source = _source(subject, timing)
    attempts = _attempts(timing)
    patience = timing.seconds if timing.kind == "within" else None
    outcomes = _send(source, service, attempts, _LOST if timing.kind == "for" else _REACHED, patience)
    reached = outcomes.count(_REACHED)
    held = {"never": reached == 0, "for": _LOST not in outcomes}.get(timing.kind, reached > 0)
    if not held:
        raise CheckFailedError(_failure(source, service, outcomes, "answered"))


@then(
    "pod {name}[ in namespace {namespace}][ in cluster {cluster}] cannot reach service {service}",
    negative=True,
    about="pod",
)
def cannot_reach(subject: Subject, service: str, timing: Timing) -> None:
    """Holds when an HTTP request from beside the pod is not answered; by a pod that ran and tried, no less."""
    source = _source(subject, timing)
    patience = timing.seconds if timing.kind == "within" else None
    outcomes = _send(source, service, _attempts(timing), _REACHED if timing.kind == "for" else _LOST, patience)
    held = {"never": _LOST not in outcomes, "for": _REACHED not in outcomes}.get(timing.kind, _LOST in outcomes)
    if not held:
        raise CheckFailedError(_failure(source, service, outcomes, "not answered"))


@when(
    "I send {count:int} requests from pod {name}[ in namespace {namespace}][ in cluster {cluster}]"
    " to service {service}",
    about="pod",
)
def send_requests(lab: Lab, subject: Subject, count: int, service: str, timing: Timing) -> None:
    """Send that many HTTP requests from beside the pod, one after the other; a sentence behind this one judges them."""
    source = _source(subject, timing)
    lab.requests = tuple(outcome == _REACHED for outcome in _send(source, service, count, until=""))


@then("at least {percent:int}% succeed", judges_output=True)
def requests_succeed(lab: Lab, percent: int) -> None:
    """Holds when that share of the requests that were sent last was answered."""
    if not lab.requests:
        raise CheckFailedError("no requests have been sent yet")
    share = 100 * sum(lab.requests) / len(lab.requests)
    if share < percent:
        difference = Difference("requests answered", f"at least {percent}%", f"{share:.0f}%")
        summary = f"{sum(lab.requests)} of {len(lab.requests)} requests were answered, {share:.0f}%"
        raise CheckFailedError(Failure(summary, differences=[difference]))


def _source(subject: Subject, timing: Timing) -> _Source:
    wait = timing if timing.kind == "within" else Timing("now", 0)

    def verdict(pod: Object) -> str | None:
        return None if pod["spec"].get("nodeName") else "is on no node, so nothing can be sent from beside it"

    return _Source(subject.cluster, observe(subject, one(verdict), wait)[0], subject.place)


def _attempts(timing: Timing) -> int:
    return 1 if timing.kind == "now" else max(1, round(timing.seconds))


def _send(source: _Source, service: str, count: int, until: str, patience: float | None = None) -> list[str]:
    """The outcomes of up to `count` requests, a second apart where `until` ends them at an outcome of that name.

    Args:
        source: from where they are sent.
        service: to which.
        count: how many at most.
        until: empty to send them all.
        patience: seconds for all of it, the start of the probe included; None for as long as that takes, unless its
            image is not to be had.
    """
    if not _ADDRESS.fullmatch(service):
        raise CheckFailedError(f'"{service}" is no service; write it like web:80 or web.liqo-demo:80')
    manifest = _probe(source, f"http://{service}", count, until)
    kind, name = source.cluster.kind("pod"), manifest["metadata"]["name"]
    source.cluster.create(kind, manifest, source.namespace)
    watching = _Watching(hopeless_ends=patience is None)
    try:
        seconds = _START_SECONDS + count * (_REQUEST_SECONDS + 1) if patience is None else patience
        subject = Subject.named(source.cluster, "pod", name, source.namespace)
        try:
            observe(subject, watching.verdict, Timing("within", seconds))
        except CheckFailedError:
            # Its time is up; what it has sent until now counts, and what kept it from sending has a name.
            if patience is None or not watching.started:
                raise CheckFailedError(watching.failure(subject.target, seconds)) from None
        if watching.unpullable:
            raise CheckFailedError(watching.failure(subject.target, seconds))
        log = source.cluster.log(name, source.namespace)
    finally:
        source.cluster.delete(kind, name, source.namespace, grace_seconds=0)
    outcomes = [line.strip() for line in log.splitlines() if line.strip() in (_REACHED, _LOST)]
    if until == _LOST and watching.phase == "Failed":
        outcomes.append(_LOST)
    if not outcomes:
        target = Target(source.cluster.name, "pod", name, source.namespace)
        tail = LogTail(source.cluster.name, name, "curl", tuple(log.splitlines()[-_TOLD:]))
        raise CheckFailedError(Failure(f"{target}: it was to send requests, and sent none", target, logs=[tail]))
    return outcomes


def _probe(source: _Source, url: str, count: int, until: str) -> Object:
    spec = source.pod["spec"]
    numbers = " ".join(str(number) for number in range(1, count + 1))
    # Anything that HTTP was spoken with has been reached, so no status is an error.
    reached = f"curl -s -o /dev/null -m {_REQUEST_SECONDS} {url} && echo {_REACHED}"
    if until == _REACHED:
        body = f"{reached} && exit 0; echo {_LOST}; sleep 1"
    elif until == _LOST:
        body = f"{reached} && sleep 1 || exit 1"
    else:
        body = f"{reached} || echo {_LOST}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"liqolab-probe-{secrets.token_hex(3)}",
            "labels": {"app.kubernetes.io/managed-by": "liqolab"},
        },
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _only(spec["nodeName"])}},
            "tolerations": spec.get("tolerations") or [],
            "containers": [
                {
                    "name": "curl",
                    "image": PROBE_IMAGE,
                    "command": ["sh", "-c", f"for request in {numbers}; do {body}; done"],
                }
            ],
        },
    }


def _only(node: str) -> Object:
    requirement = {"key": "metadata.name", "operator": "In", "values": [node]}
    return {"nodeSelectorTerms": [{"matchFields": [requirement]}]}


class _Watching:
    """What becomes of a probe.

    Attributes:
        phase: of the pod, seen last.
        started: whether its container runs or has run.
        unpullable: whether its image was asked for, and is not to be had.
    """

    def __init__(self, *, hopeless_ends: bool) -> None:
        """`hopeless_ends`: whether an image that is not to be had ends the wait."""
        self.phase = ""
        self.started = False
        self._hopeless_ends = hopeless_ends
        self._reason = ""
        self._why = ""

    @property
    def unpullable(self) -> bool:
        return self._hopeless_ends and self._reason in _UNPULLABLE

    def verdict(self, items: list[Object]) -> str | None:
        """None when there is nothing more to wait for."""
        if not items:
            return "the probe was deleted"
        status = items[0]["status"]
        self.phase = status.get("phase", "")
        states = [entry.get("state") or {} for entry in status.get("containerStatuses") or ()]
        self.started = any("running" in state or "terminated" in state for state in states)
        waiting: Object = next((state["waiting"] for state in states if state.get("waiting")), {})
        self._reason = waiting.get("reason", "")
        # What a back-off says of it depends on the version; the pull itself names the cause.
        if self._reason == _PULL_FAILED or not self._why or self._reason not in _UNPULLABLE:
            self._why = waiting.get("message", "")
        if self.phase in ("Succeeded", "Failed") or self.unpullable:
            return None
        return f"is {self.phase}{f': {self._reason} {self._why}'.rstrip() if self._reason else ''}"

    def failure(self, target: Target, seconds: float) -> Failure:
        """Why nothing was sent."""
        if self._reason in (_PULL_FAILED, *_UNPULLABLE):
            said = f"the image of the probe cannot be pulled, {self._reason}: {self._why or PROBE_IMAGE}"
        else:
            words = (self.phase or "nowhere", self._reason, self._why)
            said = f"the probe is {' '.join(word for word in words if word)}"
        when = "" if self.unpullable else f" within {seconds:g}s"
        return Failure(f"{target}: no request was sent{when}: {said}", target)


def _failure(source: _Source, service: str, outcomes: list[str], wanted: str) -> Failure:
    reached = outcomes.count(_REACHED)
    summary = f"{source.target}: {reached} of {len(outcomes)} requests to {service} were answered"
    actual = "answered" if reached else "not answered"
    return Failure(summary, source.target, differences=[Difference(f"request to {service}", wanted, actual)])
