"""The states of a container, as ``status.containerStatuses`` has them."""

from __future__ import annotations

from dataclasses import dataclass

from liqolab.apimachinery.resources import Object

LOST_EXIT_CODE = 255
"""What a container that vanished with its machine is taken to have ended with."""

KILLED_EXIT_CODE = 137

START_ERROR_CODE = 128
"""What a container ends with whose command does not exist."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not running (yet, or until a back-off ends)."""

    reason: str
    message: str = ""

    def as_json(self) -> Object:
        detail = {"reason": self.reason}
        if self.message:
            detail["message"] = self.message
        return {"waiting": detail}


@dataclass(frozen=True, slots=True)
class Running:
    """Running since `started_at` (RFC 3339)."""

    started_at: str

    def as_json(self) -> Object:
        return {"running": {"startedAt": self.started_at}}


@dataclass(frozen=True, slots=True)
class Terminated:
    """Ended, for the time being or for good."""

    exit_code: int
    reason: str
    started_at: str
    finished_at: str
    container_id: str
    message: str = ""

    def as_json(self) -> Object:
        detail: Object = {"exitCode": self.exit_code, "reason": self.reason}
        if self.message:
            detail["message"] = self.message
        detail |= {
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
            "containerID": self.container_id,
        }
        return {"terminated": detail}


State = Waiting | Running | Terminated


def ended(exit_code: int) -> str:
    """The reason that goes with an exit code."""
    return "Completed" if exit_code == 0 else "Error"


@dataclass(frozen=True, slots=True)
class History:
    """What a pod's status tells of a container that ran before this node's process started.

    Attributes:
        restarts: the restart count to go on from.
        last: how the last run ended.
        finished: the end that stands: a container that had ended by itself is not run again unless its policy says so
            (and only then counts another restart).
    """

    restarts: int = 0
    last: Terminated | None = None
    finished: Terminated | None = None


def history(status: Object | None, now: str) -> History:
    """Read a ContainerStatus; a container that was running is taken to have been lost with the machine."""
    if not status:
        return History()
    restarts = int(status.get("restartCount") or 0)
    state = status.get("state") or {}
    if running := state.get("running"):
        identity = status.get("containerID") or ""
        started = running.get("startedAt") or now
        return History(restarts + 1, Terminated(LOST_EXIT_CODE, "Unknown", started, now, identity))
    if state.get("terminated"):
        end = _terminated(state["terminated"])
        return History(restarts, end, end)
    last = (status.get("lastState") or {}).get("terminated")
    return History(restarts + 1, _terminated(last)) if last else History(restarts)


def ended_history(past: History) -> History:
    """The same for a container that is never run again, as ephemeral ones are: how it last ended stands."""
    return History(0, past.last, past.last) if past.last else past


def _terminated(detail: Object) -> Terminated:
    return Terminated(
        exit_code=int(detail.get("exitCode") or 0),
        reason=detail.get("reason") or "",
        started_at=detail.get("startedAt") or "",
        finished_at=detail.get("finishedAt") or "",
        container_id=detail.get("containerID") or "",
        message=detail.get("message") or "",
    )
