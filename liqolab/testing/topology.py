"""The clusters that scenarios get: a lesson's, or those of a file of one's own.

The file is YAML; each cluster may have a KinD configuration beside it, as in a lesson:

    liqo: true                      # whether Liqo is installed on all of them; true when left out
    dialect: release                # whose texts it uses; seed when left out
    clusters:
      - name: venice
        config: manifests/venice.yaml
        labels: {topology.liqo.io/region: north}

Names and labels that YAML takes for numbers or flags are texts all the same; a key without a value is as good as none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.topology import ClusterSpec, from_kind_config
from liqolab.scenario import lesson_schema
from liqolab.scenario.lesson import Lesson, cluster_spec, load_lesson
from liqolab.scenario.library import LessonError, lesson_names

_LACKING = {
    "clusters": ("there are no clusters in it", "list them below clusters:, each with a name:"),
    "name": ("a cluster has no name", "write - name: venice"),
}
"""Key → what is said of a file where it is missing or of no use, and what to do."""


@dataclass(frozen=True, slots=True)
class Topology:
    """Clusters, and whether Liqo is on them from the beginning.

    Attributes:
        whose, dialect: whose Liqo and its texts, where the file says that; empty to leave it to the command line.
    """

    clusters: tuple[ClusterSpec, ...]
    liqo: bool = True
    whose: str = ""
    dialect: str = ""

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
    try:
        document = lesson_schema.read_map(path)
    except LessonError as error:
        raise PlaygroundError(str(error), "it begins with clusters:") from None
    if isinstance(document.get("clusters"), list):
        document["clusters"] = [_in_texts(entry) for entry in document["clusters"]]
    # What is misspelt is missing as well, and says more about why.
    for problem in sorted(lesson_schema.problems(document, lesson_schema.TOPOLOGY), key=lambda found: not found.known):
        if problem.known:
            known = ", ".join(sorted(problem.known))
            raise PlaygroundError(f'{path}: "{problem.name}" is not known here', f"known: {known}")
        message, hint = _LACKING.get(problem.name, (problem.message, ""))
        raise PlaygroundError(f"{path}: {message}", hint)
    clusters = tuple(cluster_spec(entry, path.parent) for entry in document["clusters"])
    names = [spec.name for spec in clusters]
    if len(set(names)) < len(names):
        raise PlaygroundError(f"{path}: two clusters have the same name")
    liqo = document.get("liqo", True)
    whose = liqo if isinstance(liqo, str) else ""
    return Topology(clusters, bool(liqo), whose, document.get("dialect", ""))


def _in_texts(entry: Any) -> Any:
    """A cluster's entry, its name and its labels as texts; what is no entry is left to the table."""
    if not isinstance(entry, dict):
        return entry
    given = {key: value for key, value in entry.items() if value is not None}
    if "name" in given:
        given["name"] = str(given["name"])
    if isinstance(given.get("labels"), dict):
        given["labels"] = {str(key): str(value) for key, value in given["labels"].items()}
    return given
