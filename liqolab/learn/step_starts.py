"""How each step began: clusters, files and bash, kept so that a step can be begun again exactly.

The clusters are kept as snapshots of the playground, but within its own folder, so that they go when it goes; a bash is
kept beside them. Before the first step there are no clusters, and that is a state to come back to as well; it is the
only one where clusters have no snapshots, and whoever wants to go back plays from there.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liqolab.learn.model import Saved
from liqolab.playground import snapshot as snapshots
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.playground.providers import delete_clusters, provider_of
from liqolab.scenario.bash_state import BashState, load_state, save_state
from liqolab.scenario.lesson import Lesson

_BASH = "bash.json"
_POSITION = "walkthrough.json"


class _KeptInside(Playground):
    """The same playground with its snapshots in a folder of its own."""

    @property
    def snapshots(self) -> Path:
        return self.root / "learn" / "places"


class StepStarts:
    """The beginnings of one lesson's steps."""

    def __init__(self, playground: Playground, lesson: Lesson) -> None:
        self._playground = playground
        self._inside = _KeptInside(playground.name, playground.home)
        self._lesson = lesson

    @property
    def keeps(self) -> bool:
        """Whether the clusters' state can be kept."""
        return provider_of(self._playground).has_snapshots

    def has(self, step: str) -> bool:
        return (self._folder(step) / _BASH).exists()

    def keep(self, step: str, bash: BashState) -> None:
        """Keep the present state as the one in which a step begins.

        Raises:
            PlaygroundError: the disk is full.
        """
        folder = self._folder(step)
        shutil.rmtree(folder, ignore_errors=True)
        if self._playground.is_empty:
            folder.mkdir(parents=True, mode=0o700)
        elif self.keeps:
            snapshots.save(self._inside, folder.name)
        else:
            return
        save_state(bash, folder / _BASH)

    def restore(self, step: str) -> BashState:
        """Bring back how a step began; the answer is what its bash is to be told.

        Raises:
            PlaygroundError: that is not kept, or cannot be brought back.
        """
        folder = self._folder(step)
        bash = load_state(folder / _BASH)
        if bash is None:
            raise PlaygroundError(f'how the step "{step}" began was not kept', "go to an earlier step")
        if (folder / "clusters").is_dir():
            asyncio.run(snapshots.restore(self._inside, folder.name))
        else:
            self.clear()
        return bash

    def clear(self) -> None:
        """No clusters, and no files but the lesson's own once it is laid out again."""
        delete_clusters(self._playground)
        shutil.rmtree(self._playground.work(self._lesson.name), ignore_errors=True)

    def forget(self, steps: list[str]) -> None:
        for step in steps:
            shutil.rmtree(self._folder(step), ignore_errors=True)

    def _folder(self, step: str) -> Path:
        return self._inside.snapshots / f"{self._lesson.name}.{step}"


class SavedStates:
    """What the learner saved by name: the playground's ordinary snapshots, with bash and position beside them."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground

    def saved(self) -> tuple[Saved, ...]:
        return tuple(_saved(entry) for entry in snapshots.find(self._playground))

    def save(self, name: str, bash: BashState, position: Mapping[str, Any]) -> Saved:
        """Raises `PlaygroundError`: no clusters, a name that is taken or none, a full disk."""
        entry = snapshots.save(self._playground, name)
        save_state(bash, self._playground.snapshots / name / _BASH)
        (self._playground.snapshots / name / _POSITION).write_text(json.dumps(position))
        return _saved(entry)

    def restore(self, name: str) -> tuple[BashState, Mapping[str, Any] | None]:
        """Bring it back; what its bash is to be told, and the position (None for one saved elsewhere).

        Raises:
            PlaygroundError: there is none of that name, or it cannot be brought back.
        """
        asyncio.run(snapshots.restore(self._playground, name))
        folder = self._playground.snapshots / name
        try:
            position = json.loads((folder / _POSITION).read_text())
        except (OSError, ValueError):
            position = None
        return load_state(folder / _BASH) or BashState(), position

    def delete(self, name: str) -> None:
        snapshots.delete(self._playground, name)


def _saved(entry: snapshots.Snapshot) -> Saved:
    return Saved(entry.name, entry.saved, entry.clusters, entry.size)
