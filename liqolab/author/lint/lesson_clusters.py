"""Rules about the KinD configurations of a lesson: KinD takes them, and embedded clusters do what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liqolab.author.lint.lesson_folder import WORKING_FOLDER, LessonFolder, lesson_rule
from liqolab.author.lint.rule import Spot
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.topology import ClusterSpec, cluster_of

_PLACED = re.compile(r"^\s*line (\d+): (.*)$", re.MULTILINE)
_SAID_ELSEWHERE = ("could not determine kind", "unknown kind")
"""Problems that `manifest-yaml` and `manifest-kind` find as well."""


@lesson_rule(
    "cluster-config",
    what="A cluster's configuration is one that KinD takes.",
    why="KinD refuses fields that it does not know, and so does the lab: the lesson's clusters would not come up.",
    bad="networking:\n  podsubnet: 10.200.0.0/16\n",
    good="networking:\n  podSubnet: 10.200.0.0/16\n",
)
def cluster_config(lesson: LessonFolder) -> Iterator[Spot]:
    for path, read in _configurations(lesson).items():
        if not isinstance(read, ClusterSpec) and not read.startswith(_SAID_ELSEWHERE):
            placed = [(int(found[1]), found[2]) for found in _PLACED.finditer(read)]
            for line, message in placed or [(1, read)]:
                yield Spot(line, 1, message, path)


@lesson_rule(
    "cluster-setting-unused",
    severity="warning",
    what="A cluster's configuration asks for nothing that embedded clusters do not do.",
    why="On embedded clusters, where the lesson is learnt, it has no effect; learners are told each time.",
    bad="featureGates:\n  InPlacePodVerticalScaling: true\n",
    good="networking:\n  podSubnet: 10.200.0.0/16\n",
)
def cluster_setting_unused(lesson: LessonFolder) -> Iterator[Spot]:
    for path, read in _configurations(lesson).items():
        for warning in read.warnings if isinstance(read, ClusterSpec) else ():
            yield Spot(1, 1, warning, path)


def _configurations(lesson: LessonFolder) -> dict[str, ClusterSpec | str]:
    """What the clusters' configurations say, by path, or why they say nothing."""
    found: dict[str, ClusterSpec | str] = {}
    for entry in lesson.top.listed("clusters"):
        config, name = entry.text("config"), entry.text("name")
        if config is None or config.value not in lesson.working_files:
            continue
        path = f"{WORKING_FOLDER}/{config.value}"
        try:
            raw = (lesson.folder / path).read_bytes()
            found[path] = cluster_of(raw, str(name.value) if name is not None else "")
        except PlaygroundError as error:
            found[path] = str(error)
        except OSError:
            # `file-unreadable` says so.
            continue
    return found
