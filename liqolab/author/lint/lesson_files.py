"""Rules about a lesson's files: what is named exists, what exists is named, and manifests are what a cluster takes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import PurePosixPath

from liqolab.author.lint import kinds
from liqolab.author.lint.lesson_folder import PROSE_FOLDER, WORKING_FOLDER, LessonFolder, lesson_rule
from liqolab.author.lint.marked import Marked, MarkedError, load_all
from liqolab.author.lint.rule import Finding, Spot
from liqolab.author.lint.source import read
from liqolab.scenario.library import LESSON_FILE

_MANIFESTS = (".yaml", ".yml")


@lesson_rule(
    "file-missing",
    what="Files that a lesson names exist: its feature, its clusters' configurations, the prose of each step.",
    why="The lesson cannot be opened without them.",
    bad="clusters:\n  - name: venice\n    config: manifests/clusters.yaml    # the file is called cluster.yaml\n",
    good="clusters:\n  - name: venice\n    config: manifests/cluster.yaml\n",
)
def file_missing(lesson: LessonFolder) -> Iterator[Spot]:
    feature = lesson.top.text("feature")
    if feature is not None and lesson.feature_path is None:
        yield Spot(feature.line, feature.column, f"there is no feature {feature.value}")
    for entry in lesson.top.listed("clusters"):
        config = entry.text("config")
        if config is not None and config.value not in lesson.working_files:
            near = difflib.get_close_matches(config.value, lesson.working_files, 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            yield Spot(config.line, config.column, f"{WORKING_FOLDER}/{config.value} does not exist{meant}")
    for step, entry in lesson.steps:
        if f"{PROSE_FOLDER}/{step}.md" not in lesson.prose:
            place = entry.get("id") or entry
            yield Spot(place.line, place.column, f"{PROSE_FOLDER}/{step}.md does not exist")


@lesson_rule(
    "file-unreferenced",
    severity="warning",
    what="Every file of a lesson is used: named by a command, a configuration, a prose or another working file.",
    why="A file that nothing names is a rest of something; learners wonder what it is for.",
)
def file_unreferenced(lesson: LessonFolder) -> Iterator[Spot]:
    if lesson.document is None:
        return
    steps = {step for step, _ in lesson.steps}
    for path in lesson.prose:
        if PurePosixPath(path).stem not in steps:
            yield Spot(1, 1, f'there is no step "{PurePosixPath(path).stem}"', path)
    texts = _texts(lesson)
    for file in lesson.working_files:
        own = f"{WORKING_FOLDER}/{file}"
        name = PurePosixPath(file).name
        folder = str(PurePosixPath(file).parent)
        others = [text for path, text in texts.items() if path != own]
        if not any(name in text or (folder != "." and f"{folder}/ " in f"{text} ") for text in others):
            yield Spot(1, 1, "no command, configuration or prose names this file", own)


@lesson_rule(
    "prose-empty",
    what="The prose of a step says something.",
    why="A learner would look at an empty page.",
)
def prose_empty(lesson: LessonFolder) -> Iterator[Spot]:
    for path, source in lesson.prose.items():
        if not source.text.strip():
            yield Spot(1, 1, "this prose is empty", path)


@lesson_rule(
    "manifest-yaml",
    what="Manifests among the working files are YAML, and every document of them has an apiVersion and a kind.",
    why="kubectl refuses them in the middle of the lesson.",
    bad="apiVersion: v1\nkind: Pod\nmetadata: {name: a\n",
    good="apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
)
def manifest_yaml(lesson: LessonFolder) -> Iterator[Spot]:
    for path, documents in _manifests(lesson):
        if isinstance(documents, Spot):
            yield documents
            continue
        for document in documents:
            missing = [key for key in ("apiVersion", "kind") if document.get(key) is None]
            if missing:
                yield Spot(document.line, document.column, f"{' and '.join(missing)} missing: no manifest", path)


@lesson_rule(
    "manifest-kind",
    what="Manifests hold kinds that a lesson's clusters know: Kubernetes' own, Liqo's, and those that they define.",
    why="A misspelt kind, or one of an old API version, is refused in the middle of the lesson.",
    bad="apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: a}\n",
    good="apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n",
)
def manifest_kind(lesson: LessonFolder) -> Iterator[Spot]:
    manifests = [(path, documents) for path, documents in _manifests(lesson) if not isinstance(documents, Spot)]
    everything = [document for _, documents in manifests for document in documents]
    own_groups = {_defined_group(document) for document in everything} - {""}
    for path, documents in manifests:
        for document in documents:
            version, kind = document.get("apiVersion"), document.get("kind")
            if version is None or kind is None:
                continue
            if complaint := kinds.complaint(str(version.value), str(kind.value), own_groups):
                yield Spot(kind.line, kind.column, complaint, path)


def _defined_group(document: Marked) -> str:
    kind, spec = document.get("kind"), document.get("spec")
    if kind is None or kind.value != "CustomResourceDefinition" or spec is None:
        return ""
    group = spec.get("group")
    return str(group.value) if group is not None else ""


def _manifests(lesson: LessonFolder) -> Iterator[tuple[str, list[Marked] | Spot]]:
    """Every YAML file of the working folder with its documents, or what is wrong with it."""
    for file in lesson.working_files:
        path = f"{WORKING_FOLDER}/{file}"
        if not file.endswith(_MANIFESTS):
            continue
        source = read(lesson.folder / path, lesson.shown(path))
        if isinstance(source, Finding):
            yield path, Spot(source.line, source.column, source.message, path)
            continue
        try:
            yield path, load_all(source.text)
        except MarkedError as error:
            yield path, Spot(error.spot.line, error.spot.column, error.spot.message, path)


def _texts(lesson: LessonFolder) -> dict[str, str]:
    """Everything in which a working file may be named, by path; the feature's is the empty path."""
    texts = {path: source.text for path, source in lesson.prose.items()}
    texts.update({source.name: source.text for source in lesson.sources if source.name.endswith(LESSON_FILE)})
    if lesson.feature is not None:
        texts[""] = lesson.feature.source.text
    for file in lesson.working_files:
        path = f"{WORKING_FOLDER}/{file}"
        source = read(lesson.folder / path, path)
        if not isinstance(source, Finding):
            texts[path] = source.text
    return texts
