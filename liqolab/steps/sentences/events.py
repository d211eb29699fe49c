"""Sentences about events and logs: what the cluster's components say about an object, and what its containers print.

Events are looked for by the object that they are about; those about an earlier object of the same name count as well.
Logs have no watch: they are followed as `kubectl logs -f` does, from their beginning.
"""

from __future__ import annotations

import time
from contextlib import closing, suppress
from dataclasses import dataclass, field

from liqolab.apimachinery.resources import Object
from liqolab.steps.failing.error import CheckFailedError
from liqolab.steps.failing.failure import Difference, Failure, LogTail
from liqolab.steps.observe import Miss, Subject, observe
from liqolab.steps.registry import then
from liqolab.steps.timing import Timing
from liqolab.steps.transport import UnreachableError
from liqolab.steps.verdicts import is_there

_TOLD = 20


@then("an event {reason} for {kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] mentions {text}")
def event_mentions(subject: Subject, reason: str, text: str, timing: Timing) -> None:
    """Holds when an event of that reason is about the object, and the text is a part of its message."""

    def holds(items: list[Object]) -> Miss | None:
        of_reason = [item for item in items if item.get("reason") == reason]
        if any(text in item.get("message", "") for item in of_reason):
            return None
        if of_reason:
            said = of_reason[-1].get("message", "")
            return Miss(f"the last event {reason} says: {said}", (Difference(".message", text, said),))
        seen = ", ".join(sorted({item.get("reason", "?") for item in items})) or "none at all"
        return Miss(f"there is no event {reason} (there is {seen})", nearest=seen if items else "")

    observe(_events_of(subject), holds, timing)


@then(
    "no Warning events for {kind:kind} {name}[ in namespace {namespace}][ in cluster {cluster}] exist",
    negative=True,
    existence=True,
)
def no_warnings(subject: Subject, timing: Timing) -> None:
    """Holds when no event about the object is a warning; `for 5s` makes sure that none comes.

    There has to be such an object, or at least an event about one of the name that there was.
    """

    def holds(items: list[Object]) -> Miss | None:
        warnings = [item for item in items if item.get("type") == "Warning"]
        told = "; ".join(f"{item.get('reason')}: {item.get('message')}" for item in warnings)
        return Miss(f"there are warnings: {told}") if warnings else None

    if not observe(_events_of(subject), holds, timing):
        # Of an object that nobody has ever heard of, silence says nothing.
        observe(subject, is_there, Timing("now", 0.0))


@then("logs of pod {name}[ in namespace {namespace}][ in cluster {cluster}] contain {text}", about="pod")
def logs_contain(subject: Subject, text: str, timing: Timing) -> None:
    """Holds when a line that the pod's first container has printed or prints in time contains the text."""
    reading = _Reading(subject, text, time.monotonic() + timing.seconds)
    found = reading.now() if timing.kind in ("now", "for") else reading.until_found()
    if found == (timing.kind == "never"):
        what = f'a line contains "{text}"' if found else f'no line contains "{text}"'
        tail = LogTail(subject.cluster.name, subject.name, reading.container, tuple(reading.lines[-_TOLD:]))
        raise CheckFailedError(Failure(f"{subject}: {what}", subject.target, timing, logs=[tail]))


@dataclass(slots=True)
class _Reading:
    """Looking for a text in the log of a pod's first container, however often that starts anew."""

    subject: Subject
    text: str
    deadline: float
    container: str = ""
    lines: list[str] = field(default_factory=list)

    def now(self) -> bool:
        """Whether the text is there now. That the cluster answers is proven by this."""
        if not self.container:
            self._await_start(Timing("now", 0))
        self.lines = self.subject.cluster.log(self.subject.name, self.subject.place, self.container).splitlines()
        return any(self.text in line for line in self.lines)

    def until_found(self) -> bool:
        """Whether the text comes before the deadline."""
        starts = -1
        while (remaining := self.deadline - time.monotonic()) > 0:
            try:
                starts = self._await_start(Timing("within", remaining), starts)
            except UnreachableError:
                raise
            except CheckFailedError:
                if not self.container:
                    raise
                break
            if self._follow():
                return True
        return self.now()

    def _follow(self) -> bool:
        cluster, remaining = self.subject.cluster, max(0.1, self.deadline - time.monotonic())
        # Silence to the end of the time is an answer here; `now` proves afterwards that it was not the server's death.
        with suppress(UnreachableError):
            lines = cluster.follow_log(self.subject.name, self.subject.place, self.container, remaining)
            with closing(lines):  # type: ignore[type-var]
                for line in lines:
                    if self.text in line:
                        self.lines.append(line)
                        return True
                    if time.monotonic() >= self.deadline:
                        break
        return False

    def _await_start(self, timing: Timing, before: int = -1) -> int:
        """Wait until the container has been started more often than `before`; how often it has been."""

        def holds(items: list[Object]) -> str | None:
            if not items:
                return "it does not exist"
            starts = _starts(items[0])
            return None if starts > before else "its container has printed nothing yet" if before < 0 else "it goes on"

        pod = observe(self.subject, holds, timing)[0]
        self.container = pod["spec"]["containers"][0]["name"]
        return _starts(pod)


def _starts(pod: Object) -> int:
    """How often the first container has been started, less one; -1 before its first start."""
    name = pod["spec"]["containers"][0]["name"]
    statuses = pod["status"].get("containerStatuses") or []
    status: Object = next((each for each in statuses if each["name"] == name), {})
    state = status.get("state") or {}
    started = "running" in state or "terminated" in state or status.get("restartCount", 0) > 0
    return int(status.get("restartCount", 0)) if started else -1


def _events_of(about: Subject) -> Subject:
    here = about.cluster
    # Events about what is in no namespace are in `default`, or wherever their writer put them.
    selector = f"involvedObject.kind={here.kind(about.kind).kind},involvedObject.name={about.name}"
    return Subject(here, "event", about.scope, fields=selector, about=about.target)
