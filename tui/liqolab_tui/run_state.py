"""What the acceptance screen shows: features, scenarios and sentences with how they went; plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class SentenceView:
    """One sentence of a scenario; `status` is ``waiting``, ``running``, or how it ended."""

    text: str
    status: str = "waiting"
    seconds: float = 0.0
    error: str = ""


@dataclass(slots=True)
class ScenarioView:
    """One scenario; `id` is unique in its feature."""

    id: str
    name: str
    sentences: list[SentenceView]
    status: str = "waiting"
    seconds: float = 0.0

    def reset(self) -> None:
        """As if it had never run."""
        self.status, self.seconds = "waiting", 0.0
        for sentence in self.sentences:
            sentence.status, sentence.seconds, sentence.error = "waiting", 0.0, ""


@dataclass(slots=True)
class FeatureView:
    """One feature that can be run, by the name of its lesson."""

    lesson: str
    title: str
    scenarios: list[ScenarioView]


@dataclass(slots=True)
class RunState:
    """All features, and the run that is under way or over.

    Attributes:
        chosen: the scenarios that are to be run, as (lesson, scenario).
        running: whether a run is under way.
        playground: where it runs.
        seconds: how long the last run took.
        report: the file of the last run's report; empty before there is one.
    """

    features: list[FeatureView] = field(default_factory=list)
    chosen: set[tuple[str, str]] = field(default_factory=set)
    running: bool = False
    playground: str = ""
    seconds: float = 0.0
    report: str = ""
    stopped: bool = False

    def all(self) -> Iterator[tuple[FeatureView, ScenarioView]]:
        """Every scenario with its feature."""
        return ((feature, scenario) for feature in self.features for scenario in feature.scenarios)

    @property
    def ran(self) -> list[ScenarioView]:
        """The scenarios of the last run."""
        return [scenario for _, scenario in self.all() if scenario.status != "waiting"]
