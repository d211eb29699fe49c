"""What happened in a run, as plain values: the one source of every report.

A record is first the plan (every step ``skipped``, since nothing has run yet) and is filled in as things happen, so it
is true at any moment, also when somebody interrupts. It knows no runner: the headless one and pytest fill in the same
record through `collecting`, and a worker of pytest-xdist sends its part as a document. Times are seconds since the
epoch, lengths of time are seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from liqolab.atlas.world import World
from liqolab.steps.failing.harmless import HarmlessFailure
from liqolab.steps.failing.redaction import NOTHING_SAID, Presentable, presentable
from liqolab.steps.failing.text import text_below_sentence

Status = Literal["passed", "failed", "undefined", "ambiguous", "skipped", "pending"]

SEVERITY: tuple[Status, ...] = ("failed", "ambiguous", "undefined", "pending", "skipped", "passed")
"""The worst first; what a scenario is, is the worst of what is in it."""

SUCCESS: frozenset[Status] = frozenset({"passed", "skipped"})
"""Nobody has to do anything about these."""


def worst(statuses: Iterable[Status]) -> Status:
    """The status of a whole with these parts; a whole without parts passed."""
    return min(statuses, key=SEVERITY.index, default="passed")


@dataclass(slots=True)
class Attachment:
    """Something a step left behind for the reader: what a command printed, for instance.

    Attributes:
        name: what it is, in a few words.
        text: what it says; to make a text of anything else is the business of whoever attaches it.
    """

    name: str
    text: Presentable
    media_type: str = "text/plain"


@dataclass(slots=True)
class Argument:
    """A part of a step's text that was taken as an argument; `start` counts characters from the text's beginning."""

    name: str
    value: str
    start: int


@dataclass(slots=True)
class Match:
    """The sentence of the vocabulary that a step means; `location` is ``file.py:line`` of its function."""

    sentence: str
    location: str
    arguments: list[Argument] = field(default_factory=list)


@dataclass(slots=True)
class StepRecord:
    """One step.

    Attributes:
        keyword: as written, without the blank behind it.
        kind: ``given``, ``when`` or ``then``.
        background: whether it stands in a Background.
        docstring: the text block; `media_type` what is written behind its opening quotes.
        datatable: rows of cells, the header first.
        status: ``skipped`` until it ran.
        started: 0 while it did not.
        message: why it did not pass, in words, for what has no `failure`; else the failure as text.
        failure: all that is known of a check that did not hold.
        matches: the sentences that it can mean: one, none where it is undefined, several where it is ambiguous.
    """

    keyword: str
    text: str
    line: int
    kind: str = "given"
    background: bool = False
    docstring: str | None = None
    media_type: str = ""
    datatable: list[list[str]] | None = None
    status: Status = "skipped"
    started: float = 0.0
    seconds: float = 0.0
    message: Presentable = NOTHING_SAID
    failure: HarmlessFailure | None = None
    attachments: list[Attachment] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)

    @property
    def match(self) -> Match | None:
        """The one sentence that it means."""
        return self.matches[0] if len(self.matches) == 1 else None

    @property
    def sentence(self) -> str:
        """As written: keyword and text."""
        return f"{self.keyword} {self.text}"

    @property
    def explanation(self) -> Presentable:
        """The message for whoever has shown the sentence; a failure of another one, in a block, has its own in it."""
        if self.failure is None or self.failure.sentence != self.sentence:
            return self.message
        return presentable(text_below_sentence(self.failure))


@dataclass(slots=True)
class HookRecord:
    """Something that was done around a scenario: a namespace made, a cleanup, a look for residue.

    Attributes:
        name: what it does, in a few words.
        when: before the first step, or after the last one.
        message: why it did not pass.
    """

    name: str
    when: Literal["before", "after"]
    status: Status = "passed"
    started: float = 0.0
    seconds: float = 0.0
    message: Presentable = NOTHING_SAID


@dataclass(slots=True)
class ScenarioRecord:
    """One scenario, or one row of an outline.

    Attributes:
        name: with the row's values filled in.
        line: line of the keyword ``Scenario``.
        row: line of the row of an outline's examples; 0 for a scenario that is none.
        examples: values of that row by column.
        tags: its own and all that it inherits, each with its ``@``.
        rule: name of the rule that it stands under.
        worker: the process of several that ran it; empty where there is one.
        before, after: the clusters then, where somebody wanted them.
    """

    name: str
    line: int
    row: int = 0
    keyword: str = "Scenario"
    description: str = ""
    rule: str = ""
    tags: list[str] = field(default_factory=list)
    examples: dict[str, str] = field(default_factory=dict)
    started: float = 0.0
    seconds: float = 0.0
    worker: str = ""
    steps: list[StepRecord] = field(default_factory=list)
    hooks: list[HookRecord] = field(default_factory=list)
    before: World | None = None
    after: World | None = None

    @property
    def status(self) -> Status:
        """The worst of its steps and of what was done around them."""
        broken = [hook.status for hook in self.hooks if hook.status not in SUCCESS]
        return worst([*broken, *(step.status for step in self.steps)])

    @property
    def checks(self) -> int:
        """How many checks held."""
        return sum(1 for step in self.steps if step.kind == "then" and step.status == "passed")

    @property
    def culprit(self) -> StepRecord | None:
        """The step that made it what it is; None where none did."""
        return next((step for step in self.steps if step.status not in SUCCESS), None)

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in its file; unique there."""
        return self.line, self.row


@dataclass(slots=True)
class FeatureRecord:
    """One feature file and what was run of it.

    Attributes:
        uri: the file as people would name it, such as ``features/peer.feature``.
        source: the whole file.
        tags: its own, each with its ``@``.
    """

    uri: str
    name: str
    keyword: str = "Feature"
    description: str = ""
    language: str = "en"
    line: int = 1
    tags: list[str] = field(default_factory=list)
    source: str = ""
    scenarios: list[ScenarioRecord] = field(default_factory=list)

    @property
    def status(self) -> Status:
        return worst(scenario.status for scenario in self.scenarios)


@dataclass(slots=True)
class RunRecord:
    """One run.

    Attributes:
        runner: the command that ran it: ``liqolab run`` or ``pytest``.
        title: what was run, for a heading.
        versions: of what took part, by name (``liqolab``, ``Python``, ``kubectl`` …).
        system, machine: operating system and processor, as Python names them.
        provider: where the clusters came from.
        clusters: their names, in order.
        interrupted: whether somebody stopped it before its end.
        problems: what went wrong outside of any scenario.
    """

    started: float = 0.0
    seconds: float = 0.0
    runner: str = "liqolab run"
    title: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    system: str = ""
    machine: str = ""
    provider: str = ""
    clusters: list[str] = field(default_factory=list)
    features: list[FeatureRecord] = field(default_factory=list)
    interrupted: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def scenarios(self) -> Iterator[tuple[FeatureRecord, ScenarioRecord]]:
        """Every scenario with its feature."""
        return ((feature, scenario) for feature in self.features for scenario in feature.scenarios)

    @property
    def counts(self) -> dict[Status, int]:
        """How many scenarios ended how; statuses that nothing has are left out."""
        found = [scenario.status for _, scenario in self.scenarios]
        return {status: found.count(status) for status in reversed(SEVERITY) if status in found}

    @property
    def success(self) -> bool:
        """Whether nobody has to do anything: it ran to its end, and nothing is red."""
        return not self.interrupted and not self.problems and SUCCESS.issuperset(self.counts)


def merged(parts: Iterable[FeatureRecord]) -> list[FeatureRecord]:
    """One record a file, of records that each know a part of its scenarios; sorted by file and line.

    A scenario that several parts have is taken from the last of them. The source may be missing in all parts but one.
    """
    features: dict[str, FeatureRecord] = {}
    scenarios: dict[str, dict[tuple[int, int], ScenarioRecord]] = {}
    for part in parts:
        known = features.setdefault(part.uri, part)
        known.source = known.source or part.source
        scenarios.setdefault(part.uri, {}).update({entry.place: entry for entry in part.scenarios})
    for uri, feature in features.items():
        feature.scenarios = [scenarios[uri][place] for place in sorted(scenarios[uri])]
    return [features[uri] for uri in sorted(features)]
