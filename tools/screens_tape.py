"""What the documentation's screens are drawn from: one moment of a real run, kept in a file of JSON.

Values of the engine are kept with the name of their type, so that reading gives back what was written.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from liqolab_tui.run_state import FeatureView, RunState, ScenarioView, SentenceView

from liqolab.atlas.documents import world_document, world_of
from liqolab.atlas.explorer_model import Choice, Choices, Column, Kind, Row, Table
from liqolab.atlas.world import World
from liqolab.learn.model import Hint, Light, Saved, StepProgress, Task
from liqolab.learn.notices import CommandEnded, CommandStarted, OutputArrived

FOLDER = Path(__file__).parents[1] / "docs/screens/recording"
LESSON = "offloading-with-policies"
STEP = "deploy"
"""Where the learner is at that moment."""

_TYPES = {
    kind.__name__: kind
    for kind in (
        *(Light, Task, StepProgress, Hint, Saved, CommandStarted, OutputArrived, CommandEnded),
        *(Table, Kind, Column, Row, Choices, Choice, RunState, FeatureView, ScenarioView, SentenceView),
    )
}
_MOMENTS = ("since", "saved")
_MUTABLE = (RunState, FeatureView, ScenarioView)


@dataclass
class Tape:
    """Everything that a screen asks the engine for at that moment.

    Attributes:
        said: what the walkthrough told of the commands of this step.
        hints: the rungs of the ladder, lowest first.
        tables: by cluster and kind.
        sides: of the chosen pod in the first cluster: summary, manifest, events, why.
    """

    world: World
    said: list[Any] = field(default_factory=list)
    lights: dict[str, tuple[Light, ...]] = field(default_factory=dict)
    progress: dict[str, StepProgress] = field(default_factory=dict)
    hints: list[Hint] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)
    tables: dict[str, dict[str, Table]] = field(default_factory=dict)
    kinds: list[Kind] = field(default_factory=list)
    chosen: str = ""
    sides: dict[str, Any] = field(default_factory=dict)
    run: RunState = field(default_factory=RunState)


def write(language: str, tape: Tape) -> None:
    """Keep the tape of a language."""
    document = {name: _document(value) for name, value in vars(tape).items() if name != "world"}
    document["world"] = world_document(tape.world)
    path = FOLDER / f"{language}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def read(language: str) -> Tape:
    """The tape of a language."""
    document = json.loads((FOLDER / f"{language}.json").read_text())
    world = world_of(document.pop("world"))
    values = {name: _value(value) for name, value in document.items()}
    for name in ("said", "hints", "saved", "kinds"):
        values[name] = list(values[name])
    return Tape(world, **values)


def _document(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        fields = {found.name: _document(getattr(value, found.name)) for found in dataclasses.fields(value)}
        return {"is": type(value).__name__, **fields}
    if isinstance(value, dict):
        return {key: _document(found) for key, found in value.items()}
    if isinstance(value, set):
        return sorted(_document(found) for found in value)
    if isinstance(value, list | tuple):
        return [_document(found) for found in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _value(document: Any) -> Any:
    if isinstance(document, list):
        return tuple(map(_value, document))
    if not isinstance(document, dict):
        return document
    kind = _TYPES.get(document.get("is", ""))
    values = {key: _value(found) for key, found in document.items() if key != "is"}
    if kind is None:
        return values
    for name in _MOMENTS:
        if isinstance(values.get(name), str):
            values[name] = datetime.fromisoformat(values[name])
    if kind in _MUTABLE:
        values = {key: list(found) if isinstance(found, tuple) else found for key, found in values.items()}
    if kind is RunState:
        values["chosen"] = set(values["chosen"])
    return kind(**values)
