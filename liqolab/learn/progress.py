"""How far a learner is, worked out from the journal alone: the same entries give the same progress in every face."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from liqolab.learn.journal import Entry, Journal
from liqolab.learn.model import LightState, StepProgress, StepState


@dataclass(slots=True)
class LightRecord:
    """What was last noted of a light."""

    state: LightState
    reason: str
    since: datetime


@dataclass(slots=True)
class StepRecord:
    """What was noted of one step.

    Attributes:
        commands: how many were run in it.
        done: ids of the lesson's own commands that were run with success.
    """

    state: StepState = "new"
    seconds: float = 0.0
    hints: int = 0
    solved: bool = False
    commands: int = 0
    done: set[str] = field(default_factory=set)
    lights: dict[str, LightRecord] = field(default_factory=dict)

    def view(self) -> StepProgress:
        return StepProgress(self.state, self.seconds, self.hints, self.solved)


class Progress:
    """A fold over the journal.

    Attributes:
        current: the step that was entered last; empty before the first.
        moves: how often a step was entered, by whichever face.
        steps: by id; steps that nothing happened in are not there.
    """

    def __init__(self) -> None:
        self.current = ""
        self.moves = 0
        self.steps: dict[str, StepRecord] = {}
        self._lock = Lock()

    def catch_up(self, journal: Journal) -> None:
        """Take in what was written since the last time; any thread may call."""
        with self._lock:
            self.take(journal.news())

    def step(self, name: str) -> StepRecord:
        return self.steps.setdefault(name, StepRecord())

    def take(self, entries: Iterable[Entry]) -> None:
        """Fold entries in; one that is damaged, or of another version's making, is passed over."""
        for entry in entries:
            handler = getattr(self, f"_{entry['event']}", None)
            if inspect.ismethod(handler):
                with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
                    handler(entry, self.step(str(entry.get("step", ""))))

    def _entered(self, entry: Entry, step: StepRecord) -> None:
        self.current = str(entry["step"])
        self.moves += 1
        if step.state == "new":
            step.state = "begun"

    def _began_anew(self, entry: Entry, step: StepRecord) -> None:
        """A step is at its beginning again; so are all that come after it, which stood on it."""
        for name in (str(entry["step"]), *entry.get("later", ())):
            record = self.step(name)
            record.state = "begun" if name == entry["step"] else "new"
            record.lights = {}
            record.commands = 0
            record.done = set()

    def _light(self, entry: Entry, step: StepRecord) -> None:
        at = datetime.fromisoformat(entry["at"])
        step.lights[str(entry["task"])] = LightRecord(entry["state"], str(entry.get("reason", "")), at)

    def _command(self, entry: Entry, step: StepRecord) -> None:
        step.commands += 1
        if entry.get("code") == 0:
            step.done.update(entry.get("done", ()))

    def _hint(self, entry: Entry, step: StepRecord) -> None:
        step.hints = max(step.hints, int(entry["level"]))

    def _solved(self, entry: Entry, step: StepRecord) -> None:
        step.solved = True

    def _passed(self, entry: Entry, step: StepRecord) -> None:
        step.state = "passed"

    def _spent(self, entry: Entry, step: StepRecord) -> None:
        step.seconds += float(entry["seconds"])

    def document(self) -> dict[str, Any]:
        """All of it except the time, as JSON."""
        return {
            "current": self.current,
            "steps": {
                name: {
                    "state": step.state,
                    "done": sorted(step.done),
                    "lights": {
                        task: {"state": light.state, "reason": light.reason, "since": light.since.isoformat()}
                        for task, light in step.lights.items()
                    },
                }
                for name, step in list(self.steps.items())
                if step.state != "new"
            },
        }

    def _restored(self, entry: Entry, step: StepRecord) -> None:
        """The learner is back where a saved state was made; time, hints and solutions stay spent."""
        position = entry["position"]
        self.current = str(position["current"])
        self.moves += 1
        for name in {*self.steps, *position["steps"]}:
            record, saved = self.step(name), position["steps"].get(name, {})
            record.state = saved.get("state", "new")
            record.done = set(saved.get("done", ()))
            record.lights = {
                task: LightRecord(light["state"], light["reason"], datetime.fromisoformat(light["since"]))
                for task, light in saved.get("lights", {}).items()
            }

    def _forgotten(self, entry: Entry, step: StepRecord) -> None:
        """The learner wanted a fresh start."""
        self.current = ""
        self.steps = {}
