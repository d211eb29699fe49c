"""A lesson: its clusters, its steps with prose and hints, its working files, and the feature that is its truth.

A lesson is written in English, and translated by a folder named after a language: ``it/lesson.yaml`` has its texts
and ``it/ID.md`` its prose. What a translation lacks is shown in English, text by text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.topology import ClusterSpec, from_kind_config
from liqolab.scenario import lesson_schema
from liqolab.scenario.feature import Feature, load_feature
from liqolab.scenario.lesson_schema import HINT_KINDS
from liqolab.scenario.library import LESSON_FILE, LessonError, feature_of, lesson_folder, lesson_names
from liqolab.scenario.mistakes import Condition, Mistake

ENGLISH = "en"
Key = tuple[str, str]
"""A lesson's name and language."""

Texts = dict[str, Any] | list[Any]


REGION_LABEL = "topology.liqo.io/region"


@dataclass(frozen=True, slots=True)
class LessonStep:
    """One step.

    Attributes:
        prose: Markdown; a line ``{{run 2}}`` stands where the second command of the step is to be shown.
        minutes: how long it takes a newcomer.
        tasks: what the step asks for, in words for learners, one for each goal of its scenario; empty for the
            feature's own sentences.
        hints: texts by kind, in the order of `HINT_KINDS`.
        mistakes: usual ones, those of this step before those of all steps.
    """

    id: str
    title: str
    prose: str
    minutes: int = 5
    tasks: tuple[str, ...] = ()
    hints: tuple[tuple[str, str], ...] = ()
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True)
class Lesson:
    """One folder of ``scenarios/``.

    Attributes:
        order: its place in the course; None for a lesson that stands alone.
        after: names of the lessons that it builds on.
        purpose: what it is for, said before the first step; empty for nothing.
        able: what one is able to do afterwards.
        recap: what was learnt, said behind the last step.
        language: of its texts and of its feature.
        untranslated: names of texts that are in English for want of a translation.
    """

    name: str
    title: str
    summary: str
    clusters: tuple[ClusterSpec, ...]
    steps: tuple[LessonStep, ...]
    feature: Feature
    files: Path
    kubeconfig_pattern: str
    order: int | None = None
    after: tuple[str, ...] = ()
    purpose: str = ""
    able: tuple[str, ...] = ()
    recap: tuple[str, ...] = ()
    language: str = ENGLISH
    untranslated: tuple[str, ...] = ()

    @property
    def minutes(self) -> int:
        """How long a newcomer needs for all of it."""
        return sum(step.minutes for step in self.steps)

    @property
    def regions(self) -> Mapping[str, str]:
        """Where its clusters are, as Liqo is to present them."""
        told = {spec.name: spec.liqo_labels.get(REGION_LABEL, "") for spec in self.clusters}
        return {name: region for name, region in told.items() if region}

    def kubeconfig_name(self, cluster: str) -> str:
        """The file in the working folder that the lesson's own setup writes for a cluster."""
        return self.kubeconfig_pattern.format(cluster=cluster)


def load_lesson(name: str, language: str = ENGLISH) -> Lesson:
    """Read a lesson by name.

    Raises:
        LessonError: there is none, or its files contradict each other.
    """
    return read_lesson(lesson_folder(name), language)


def open_lesson(name: str) -> Lesson:
    """Read a lesson as authors name it: by name, or by folder (with a slash) while it is not where the others are.

    Raises:
        LessonError: there is none, or its files contradict each other.
    """
    if "/" not in name:
        return load_lesson(name)
    folder = Path(name).resolve()
    if not (folder / LESSON_FILE).is_file():
        raise LessonError(f"{name} is not the folder of a lesson: it has no lesson.yaml")
    return read_lesson(folder)


def lesson_languages(folder: Path) -> list[str]:
    """The languages that a lesson's folder has texts in, English first."""
    return [ENGLISH, *sorted(path.parent.name for path in folder.glob("*/lesson.yaml"))]


@cache
def lessons_by_feature() -> dict[Path, Key]:
    """Feature file → the lesson whose truth it is, in the language that it is written in."""
    found: dict[Path, Key] = {}
    for name in lesson_names():
        for language in lesson_languages(lesson_folder(name)):
            with suppress(LessonError):
                found[load_lesson(name, language).feature.path.resolve()] = (name, language)
    return found


def read_lesson(folder: Path, language: str = ENGLISH) -> Lesson:
    """Read the lesson of a folder.

    Raises:
        LessonError: its files are missing, are not what they should be, or contradict each other.
    """
    document = lesson_schema.read(folder / LESSON_FILE, lesson_schema.LESSON)
    translation = folder / language if language != ENGLISH and (folder / language).is_dir() else None
    untranslated = _translate(document, translation) if translation else []
    own = _mistakes(document)
    steps = []
    for entry in document["steps"]:
        prose = folder / "steps" / f"{entry['id']}.md"
        if translation and (translation / prose.name).exists():
            prose = translation / prose.name
        elif translation:
            untranslated.append(prose.name)
        steps.append(_step(entry, _read(prose), own))
    lesson = Lesson(
        name=folder.name,
        title=document["title"],
        summary=document["summary"],
        clusters=tuple(_clusters(folder, document["clusters"])),
        steps=tuple(steps),
        feature=load_feature(feature_of(folder, document["feature"]) or folder / document["feature"]),
        files=folder / "workdir",
        kubeconfig_pattern=document["kubeconfig"],
        order=document.get("order"),
        after=tuple(document.get("after", ())),
        purpose=document.get("purpose", ""),
        able=tuple(document.get("able", ())),
        recap=tuple(document.get("recap", ())),
        language=language,
        untranslated=tuple(untranslated),
    )
    _agree(lesson)
    return lesson


def translatable(document: Mapping[str, Any]) -> Iterator[tuple[str, Texts, str | int]]:
    """Every text of a lesson.yaml that people read: its name, such as ``steps.peer.title``, and what has it under which
    key. What is not as it should be is passed over.
    """
    yield from _named(document, "", ("title", "summary", "purpose"))
    for part in ("able", "recap"):
        yield from _listed(document, part, "")
    yield from _said(document, "")
    for entry in _maps(document.get("steps")):
        here = f"steps.{entry.get('id')}."
        yield f"{here}title", entry, "title"
        yield from _listed(entry, "tasks", here)
        if isinstance(hints := entry.get("hints"), dict):
            yield from _named(hints, f"{here}hints.", tuple(hints))
        yield from _said(entry, here)


def _named(holder: Any, prefix: str, keys: tuple[str, ...]) -> Iterator[tuple[str, Texts, str | int]]:
    return ((f"{prefix}{key}", holder, key) for key in keys if key in holder)


def _listed(holder: Mapping[str, Any], key: str, prefix: str) -> Iterator[tuple[str, Texts, str | int]]:
    texts = holder.get(key)
    numbers = range(len(texts)) if isinstance(texts, list) else ()
    return ((f"{prefix}{key}.{number + 1}", texts, number) for number in numbers if isinstance(texts, list))


def _said(holder: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Texts, str | int]]:
    return ((f"{prefix}mistakes.{entry.get('id')}", entry, "say") for entry in _maps(holder.get("mistakes")))


def _maps(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict) and "id" in entry] if isinstance(value, list) else []


def _translate(document: dict[str, Any], folder: Path) -> list[str]:
    """Put a translation's texts in the place of the English ones; returns the names of those that it lacks."""
    path = folder / LESSON_FILE
    known: dict[str, str] = {}
    for name, _, text in lesson_schema.flat(lesson_schema.read_map(path)) if path.exists() else ():
        if not isinstance(text, str):
            raise LessonError(f"{lesson_schema.shown(path)}: {name} is not a text")
        known[name] = text
    missing = []
    texts: list[tuple[str, Any, str | int]] = [("feature", document, "feature"), *translatable(document)]
    for name, holder, key in texts:
        if name in known:
            holder[key] = known[name]
        elif holder[key]:
            missing.append(name)
    return missing


def _read(prose: Path) -> str:
    try:
        return prose.read_text(encoding="utf-8")
    except OSError as error:
        raise LessonError(f"{prose} cannot be read: {error.strerror}") from None


def _clusters(folder: Path, entries: list[dict[str, Any]]) -> Iterator[ClusterSpec]:
    for number, entry in enumerate(entries):
        try:
            yield cluster_spec(entry, folder / "workdir")
        except (OSError, PlaygroundError) as error:
            raise LessonError(f"{folder.name}/lesson.yaml: clusters[{number}]: {error}") from None


def cluster_spec(entry: Mapping[str, Any], folder: Path) -> ClusterSpec:
    """The cluster that an entry of a lesson or of a topology describes; its configuration is seen from `folder`.

    Raises:
        PlaygroundError: its name or its configuration is not valid.
    """
    config = folder / entry["config"] if entry.get("config") else None
    return from_kind_config(entry["name"], config, liqo_labels=entry.get("labels"))


def _step(entry: Mapping[str, Any], prose: str, general: tuple[Mistake, ...]) -> LessonStep:
    hints = entry.get("hints", {})
    return LessonStep(
        id=entry["id"],
        title=entry["title"],
        prose=prose,
        minutes=entry.get("minutes", 5),
        tasks=tuple(entry.get("tasks", ())),
        hints=tuple((kind, hints[kind]) for kind in HINT_KINDS if kind in hints),
        mistakes=_mistakes(entry) + general,
    )


def _mistakes(holder: Mapping[str, Any]) -> tuple[Mistake, ...]:
    return tuple(Mistake(entry["id"], _condition(entry["when"]), entry["say"]) for entry in holder.get("mistakes", ()))


def _condition(when: Mapping[str, Any]) -> Condition:
    patterns = {key: re.compile(when[key], re.MULTILINE) for key in ("command", "without", "output") if when.get(key)}
    return Condition(**patterns, cluster=when.get("cluster", ""), fails=when.get("fails"))


def _agree(lesson: Lesson) -> None:
    """Steps and scenarios go together, one to one and in the same order."""
    steps = [entry.id for entry in lesson.steps]
    scenarios = [scenario.step for scenario in lesson.feature.scenarios]
    different = sorted({*steps} ^ {*scenarios})
    if different:
        raise LessonError(f"lesson {lesson.name}: steps and feature do not agree on {', '.join(different)}")
    if steps != scenarios:
        raise LessonError(f"lesson {lesson.name}: the steps are in another order than the feature's scenarios")
