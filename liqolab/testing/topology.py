"""The clusters that scenarios get: a lesson's, or those of a file of one's own.

The file is YAML; each cluster may have a KinD configuration beside it, as in a lesson:

    liqo: true                      # whether Liqo is installed on all of them; true when left out
    clusters:
      - name: venice
        config: manifests/venice.yaml
        labels: {topology.liqo.io/region: north}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.topology import ClusterSpec, from_kind_config
from liqolab.scenario.lesson import Lesson, load_lesson
from liqolab.scenario.library import LessonError, lesson_names

_FIELDS = {"clusters", "liqo"}
_CLUSTER_FIELDS = {"name", "config", "labels"}


@dataclass(frozen=True, slots=True)
class Topology:
    """Clusters, and whether Liqo is on them from the beginning."""

    clusters: tuple[ClusterSpec, ...]
    liqo: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(spec.name for spec in self.clusters)


def of_lesson(lesson: Lesson) -> Topology:
    """A lesson's clusters, with Liqo on each."""
    return Topology(lesson.clusters)


def of_labels(labels: Mapping[str, Mapping[str, str]]) -> Topology:
    """Clusters by name, each with the labels under which Liqo would present it; Liqo is left to the feature."""
    return Topology(
        tuple(from_kind_config(name, None, liqo_labels=own) for name, own in labels.items()),
        liqo=False,
    )


def load_topology(text: str, folder: Path) -> Topology:
    """The topology that `text` names: a lesson, or a YAML file (relative to `folder`).

    Raises:
        PlaygroundError: it is neither, or the file makes no sense.
    """
    if text in lesson_names():
        try:
            return of_lesson(load_lesson(text))
        except LessonError as error:
            raise PlaygroundError(str(error)) from None
    path = folder / text
    if not path.is_file():
        raise PlaygroundError(f'"{text}" is neither a file nor a lesson', f"lessons: {', '.join(lesson_names())}")
    document = _read(path)
    _only(document, _FIELDS, path)
    entries = document.get("clusters")
    if not isinstance(entries, list) or not entries:
        raise PlaygroundError(f"{path}: there are no clusters in it", "list them below clusters:, each with a name:")
    clusters = tuple(_cluster(path, entry) for entry in entries)
    names = [spec.name for spec in clusters]
    if len(set(names)) < len(names):
        raise PlaygroundError(f"{path}: two clusters have the same name")
    return Topology(clusters, liqo=bool(document.get("liqo", True)))


def _cluster(path: Path, entry: Any) -> ClusterSpec:
    if not isinstance(entry, dict) or not entry.get("name"):
        raise PlaygroundError(f"{path}: a cluster has no name", "write - name: venice")
    _only(entry, _CLUSTER_FIELDS, path)
    config = path.parent / entry["config"] if entry.get("config") else None
    labels = {str(key): str(value) for key, value in (entry.get("labels") or {}).items()}
    return from_kind_config(str(entry["name"]), config, liqo_labels=labels)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PlaygroundError(f"{path} cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise PlaygroundError(f"{path} is no topology", "it begins with clusters:")
    return document


def _only(entry: dict[str, Any], known: set[str], path: Path) -> None:
    unknown = sorted(set(map(str, entry)) - known)
    if unknown:
        raise PlaygroundError(f'{path}: "{unknown[0]}" is not known here', f"known: {', '.join(sorted(known))}")
