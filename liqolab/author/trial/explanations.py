"""``sabotage.yaml`` of a lesson: sabotages that may survive, each with the reason.

survivors:
  - step: deploy
    operator: change-manifest
    what: "*image nginxdemos/hello-other"     # as reported; * stands for anything
    reason: The lesson is about where pods run, not about what they run.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from liqolab.author.trial.outcome import SabotageTrial
from liqolab.scenario import lesson_schema
from liqolab.scenario.lesson_schema import Key

FILE = "sabotage.yaml"
_SURVIVORS = {
    "survivors": Key("list of maps", True, {key: Key("text", True) for key in ("step", "operator", "what", "reason")})
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a sabotage may survive."""

    step: str
    operator: str
    what: str
    reason: str

    def covers(self, trial: SabotageTrial) -> bool:
        return (
            trial.step == self.step
            and trial.operator == self.operator
            # Brackets are common in patches, and no pattern here.
            and fnmatchcase(trial.what, self.what.replace("[", "[[]"))
        )

    def __str__(self) -> str:
        return f"{self.step}: {self.operator}: {self.what}"


def load(folder: Path) -> list[Explanation]:
    """The explanations of the lesson in `folder`; none where it has no such file.

    Raises:
        LessonError: the file is not what it should be.
    """
    path = folder / FILE
    entries = lesson_schema.read(path, _SURVIVORS)["survivors"] if path.exists() else []
    return [Explanation(**{key: " ".join(text.split()) for key, text in entry.items()}) for entry in entries]


def explain(explanations: list[Explanation], trials: list[SabotageTrial]) -> list[str]:
    """Write the reasons into the survivors; returns the explanations that no survivor needs."""
    needed = set()
    for trial in trials:
        if trial.verdict != "survived":
            continue
        for explanation in explanations:
            if explanation.covers(trial):
                trial.explained = explanation.reason
                needed.add(explanation)
                break
    tried = {trial.step for trial in trials}
    return [str(entry) for entry in explanations if entry not in needed and entry.step in tried]
