"""A lesson: its clusters, its steps with prose and hints, its working files, and the feature that is its truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from liqolab.playground.topology import ClusterSpec, from_kind_config
from liqolab.scenario.feature import Feature, load_feature
from liqolab.scenario.library import LessonError, data_folder, lesson_names


@dataclass(frozen=True, slots=True)
class LessonStep:
    """One step: `prose` is Markdown; `hints` go from nudge to command."""

    id: str
    title: str
    prose: str
    hints: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One folder of ``scenarios/``."""

    name: str
    title: str
    summary: str
    clusters: tuple[ClusterSpec, ...]
    steps: tuple[LessonStep, ...]
    feature: Feature
    files: Path
    kubeconfig_pattern: str

    def kubeconfig_name(self, cluster: str) -> str:
        """The file in the working folder that the lesson's own setup writes for a cluster."""
        return self.kubeconfig_pattern.format(cluster=cluster)


def load_lesson(name: str) -> Lesson:
    """Read a lesson by name.

    Raises:
        LessonError: there is none, or its files contradict each other.
    """
    folder = data_folder("scenarios") / name
    if name not in lesson_names():
        raise LessonError(f'there is no lesson "{name}"; known: {", ".join(lesson_names())}')
    document: dict[str, Any] = yaml.safe_load((folder / "lesson.yaml").read_text())
    feature = load_feature(data_folder("features") / document["feature"])
    steps = tuple(_step(folder, entry) for entry in document["steps"])
    missing = {entry.id for entry in steps} ^ {scenario.step for scenario in feature.scenarios}
    if missing:
        raise LessonError(f"lesson {name}: steps and feature do not agree on {', '.join(sorted(missing))}")
    return Lesson(
        name=name,
        title=document["title"],
        summary=document["summary"],
        clusters=tuple(_cluster(folder / "workdir", entry) for entry in document["clusters"]),
        steps=steps,
        feature=feature,
        files=folder / "workdir",
        kubeconfig_pattern=document["kubeconfig"],
    )


def _cluster(files: Path, entry: dict[str, Any]) -> ClusterSpec:
    return from_kind_config(entry["name"], files / entry["config"], liqo_labels=entry.get("labels"))


def _step(folder: Path, entry: dict[str, Any]) -> LessonStep:
    prose = (folder / "steps" / f"{entry['id']}.md").read_text()
    return LessonStep(entry["id"], entry["title"], prose, tuple(entry.get("hints", ())))
