"""What came of a trial, as plain values that can be written as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from liqolab.author.sabotage.block import Change

Verdict = Literal["caught", "refused", "survived"]
"""``refused``: a command failed and said so, which a learner sees before any check is made."""

LEAST_RATE = 0.95
"""Share of the sabotages that has to be noticed."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One sabotage: which part of which step, and what is done to it."""

    step: str
    part: int
    operator: str
    change: Change


@dataclass(slots=True)
class CheckTrial:
    """One check of a step, before and after.

    Attributes:
        green_before: whether it held before the step's commands were typed.
        passed: whether it holds after them; None when the run did not get there.
        seconds: how long it took to hold.
        problem: why it did not.
    """

    sentence: str
    green_before: bool
    passed: bool | None = None
    seconds: float = 0.0
    problem: str = ""


@dataclass(slots=True)
class StepTrial:
    """One step, played both ways."""

    id: str
    title: str
    checks: list[CheckTrial] = field(default_factory=list)
    problem: str = ""
    seconds: float = 0.0

    @property
    def red_before(self) -> int:
        return sum(not check.green_before for check in self.checks)

    @property
    def idle_before(self) -> list[str]:
        """Checks that say nothing of whether the step was done."""
        return [check.sentence for check in self.checks if check.green_before]

    @property
    def passed(self) -> bool:
        """At least one check failed before, and all of them held afterwards."""
        return not self.problem and self.red_before > 0 and all(check.passed for check in self.checks)


@dataclass(slots=True)
class SabotageTrial:
    """One sabotage.

    Attributes:
        noticed_by: the check that failed, or the command that refused.
        hurried: whether the check that caught it waited, with less patience than in a real run.
        explained: why it may survive, where somebody has said so.
        confirmed: whether a check that caught it did so with all of its patience, too; None when that was not tried.
    """

    step: str
    operator: str
    what: str
    verdict: Verdict
    noticed_by: str = ""
    seconds: float = 0.0
    hurried: bool = False
    explained: str = ""
    confirmed: bool | None = None


@dataclass(slots=True)
class Trial:
    """All that came of a lesson.

    Attributes:
        left_clusters: clusters that still ran after the last step.
        left_files: files of the working folder after the last step that are not the lesson's own.
        sampled: whether only some of the sabotages were tried; their share says nothing of all of them.
        leftovers: processes and files after everything was taken down.
        stale: explanations of sabotages that did not survive, or that nobody tries any more.
    """

    lesson: str
    steps: list[StepTrial] = field(default_factory=list)
    sabotages: list[SabotageTrial] = field(default_factory=list)
    sabotaged: bool = False
    sampled: bool = False
    left_clusters: list[str] = field(default_factory=list)
    left_files: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def survivors(self) -> list[SabotageTrial]:
        return [entry for entry in self.sabotages if entry.verdict == "survived"]

    @property
    def unconfirmed(self) -> list[SabotageTrial]:
        """Sabotages that a check caught only because it was impatient."""
        return [entry for entry in self.sabotages if entry.confirmed is False]

    @property
    def rate(self) -> float:
        """Share of the sabotages that was noticed; 1 where nothing was sabotaged."""
        return 1.0 - len(self.survivors) / len(self.sabotages) if self.sabotages else 1.0

    def problems(self) -> list[str]:
        """Why the lesson is not good enough, one line each; none when it is."""
        found = [f"step {step.id}: {step.problem or _why(step)}" for step in self.steps if not step.passed]
        found += [f"left behind: {entry}" for entry in self.leftovers]
        if self.sabotages and not self.sampled and self.rate < LEAST_RATE:
            found.append(f"{self.rate:.1%} of the sabotages were noticed, less than {LEAST_RATE:.0%}")
        unexplained = [entry for entry in self.survivors if not entry.explained]
        found += [f"{entry.step}: nobody noticed {entry.operator}: {entry.what}" for entry in unexplained]
        found += [
            f"{entry.step}: caught out of impatience only: {entry.operator}: {entry.what}" for entry in self.unconfirmed
        ]
        return found

    def to_document(self) -> dict[str, Any]:
        """Everything, for JSON."""
        document = asdict(self)
        document["rate"] = round(self.rate, 4)
        document["problems"] = self.problems()
        for entry, step in zip(document["steps"], self.steps, strict=True):
            entry["passed"] = step.passed
            entry["idle_before"] = step.idle_before
        return document


def _why(step: StepTrial) -> str:
    failed = [check for check in step.checks if check.passed is False]
    if failed:
        return f"{failed[0].sentence}\n{failed[0].problem}"
    if not step.red_before:
        return "all of its checks hold before anything is typed, so they cannot tell whether it was done"
    return "it was not played to its end"
