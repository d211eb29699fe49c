"""The judgement: from a seat's entries alone to a score with its reasons, the same whenever and wherever it is made.

A task is worth one point. It is earned when the desk's copy of the journal says that it was found done, unless the lab
had typed the step's solution since the step began. Hints cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from liqolab.classroom.verdict import of_class, of_seat


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one step brought.

    Attributes:
        earned, most: tasks.
        reason: why it is not all of them; empty when it is.
    """

    step: str
    earned: int
    most: int
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """What one seat reached; `findings` are what is forged about it."""

    seat: str
    nickname: str
    steps: tuple[StepResult, ...]
    findings: tuple[str, ...] = ()

    @property
    def score(self) -> int:
        return sum(step.earned for step in self.steps)

    @property
    def most(self) -> int:
        return sum(step.most for step in self.steps)

    @property
    def reasons(self) -> list[str]:
        return [f"{step.step}: {step.earned} of {step.most}, {step.reason}" for step in self.steps if step.reason]


@dataclass(frozen=True, slots=True)
class Graded:
    """A whole class."""

    results: tuple[Result, ...]
    findings: tuple[str, ...]

    @property
    def is_forged(self) -> bool:
        return bool(self.findings) or any(result.findings for result in self.results)


def grade_class(bundle: Any, fingerprint: str) -> Graded:
    """Verify and judge a bundle; where it is none of the class's, there are findings and no results."""
    findings = of_class(bundle, fingerprint)
    if findings:
        return Graded((), tuple(findings))
    results = []
    for seat in bundle["seats"]:
        problems = of_seat(bundle, seat)
        entries = [event["entry"] for event in seat["events"]] if _is_readable(seat) else []
        who = seat["enrolment"]
        results.append(
            Result(who["seat"], str(who.get("nickname", "")), judge(bundle["outline"], entries), tuple(problems))
        )
    return Graded(tuple(results), ())


def judge(outline: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> tuple[StepResult, ...]:
    """Points by step."""
    earned: set[str] = set()
    shown: set[str] = set()
    typed: set[str] = set()
    for entry in entries:
        event, step = entry.get("event"), str(entry.get("step", ""))
        if event == "solved" or (event == "command" and entry.get("solving")):
            typed.add(step)
        elif event == "began_anew":
            typed -= {step, *entry.get("later", ())}
        elif event == "light" and entry.get("state") == "on":
            (shown if step in typed else earned).add(str(entry.get("task")))
    return tuple(_step(step, earned, shown) for step in outline["steps"])


def _step(step: Mapping[str, Any], earned: set[str], shown: set[str]) -> StepResult:
    tasks = step["tasks"]
    own = [task for task in tasks if task in earned]
    solved = [task for task in tasks if task in shown and task not in earned]
    never = [task for task in tasks if task not in earned and task not in shown]
    reasons = [f"never found done: {', '.join(never)}"] if never else []
    reasons += [f"the lab typed the solution of {', '.join(solved)}"] if solved else []
    return StepResult(step["id"], len(own), len(tasks), "; ".join(reasons))


def _is_readable(seat: Any) -> bool:
    events = seat.get("events")
    return isinstance(events, list) and all(isinstance(event.get("entry"), dict) for event in events)
