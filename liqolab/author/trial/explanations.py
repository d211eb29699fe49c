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

import yaml

from liqolab.author.trial.outcome import SabotageTrial
from liqolab.scenario.library import LessonError

FILE = "sabotage.yaml"
_KEYS = ("step", "operator", "what", "reason")


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
    if not path.exists():
        return []
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LessonError(f"{path} cannot be read: {error}") from None
    entries = document.get("survivors") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise LessonError(f"{path}: survivors is a list")
    return [_explanation(path, number, entry) for number, entry in enumerate(entries, 1)]


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


def _explanation(path: Path, number: int, entry: object) -> Explanation:
    if not isinstance(entry, dict) or sorted(entry) != sorted(_KEYS) or not all(map(str.strip, _texts(entry))):
        raise LessonError(f"{path}: survivor {number} needs {', '.join(_KEYS)}, each a text, and nothing else")
    return Explanation(**{key: " ".join(str(entry[key]).split()) for key in _KEYS})


def _texts(entry: dict[object, object]) -> list[str]:
    return [value if isinstance(value, str) else "" for value in entry.values()]
