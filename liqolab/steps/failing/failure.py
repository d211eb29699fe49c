"""What a check says when it says no: evidence first, as plain values, so that every report can show it its own way.

Whoever finds that something does not hold raises `CheckFailedError` with what it knows. On the way up `execute` adds
the sentence and its place, and `diagnosis` what the clusters say about it; from there on it is a `HarmlessFailure`.
`failure_text` makes the text of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from liqolab.steps.timing import Timing


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not what was asked for; `path` is like ``.spec.replicas`` or ``.status.conditions[0].type``."""

    path: str
    expected: str
    actual: str

    def __str__(self) -> str:
        return f"{self.path}: {self.expected} → {self.actual}"


@dataclass(frozen=True, slots=True)
class Moment:
    """What was seen when it changed, in seconds since the check began."""

    seconds: float
    text: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event of an object, its owners or its twins in other clusters; newest last in a list."""

    cluster: str
    object: str
    type: str
    reason: str
    message: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class LogTail:
    """The last lines of one container."""

    cluster: str
    pod: str
    container: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What a check was about, as kubectl would name it.

    Attributes:
        kind: the word that the feature used.
        name: empty where a selector chose.
        labels: label selector; empty where a name chose.
        namespace: None for cluster-scoped kinds and for all namespaces.
    """

    cluster: str
    kind: str
    name: str = ""
    namespace: str | None = None
    labels: str = ""

    def __str__(self) -> str:
        what = f' "{self.name}"' if self.name else f' matching "{self.labels}"' if self.labels else ""
        where = f' in namespace "{self.namespace}"' if self.namespace else ""
        return f'{self.kind}{what}{where} in cluster "{self.cluster}"'


@dataclass(slots=True)
class Failure:
    """All that is known of a check that did not hold.

    Attributes:
        summary: one line: of what, what was found instead of what.
        target: what it was about, where it was about objects.
        timing: what was asked for over time; None where time was no part of it.
        differences: fields that are wrong.
        expected, actual: documents for a unified diff; None where a diff would say nothing.
        nearest: what came closest, where nothing matched.
        timeline: what was seen over time.
        output, code: what the last command printed and how it ended, where the check was about that.
        events, logs, causes, command: what `diagnosis` adds; `causes` goes from what is seen to the root.
        sentence, location: the step as written, and ``file:line``.
    """

    summary: str
    target: Target | None = None
    timing: Timing | None = None
    differences: list[Difference] = field(default_factory=list)
    expected: Any = None
    actual: Any = None
    nearest: str = ""
    timeline: list[Moment] = field(default_factory=list)
    output: str | None = None
    code: int | None = None
    events: list[EventLine] = field(default_factory=list)
    logs: list[LogTail] = field(default_factory=list)
    causes: list[str] = field(default_factory=list)
    command: str = ""
    sentence: str = ""
    location: str = ""
