"""A lesson: its clusters, its steps with prose and hints, its working files, and the feature that is its truth.

A lesson is written in English, and translated by a folder named after a language: ``it/lesson.yaml`` has its texts
and ``it/ID.md`` its prose. What a translation lacks is shown in English, text by text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liqolab.playground.errors import PlaygroundError
from liqolab.playground.topology import ClusterSpec, from_kind_config
from liqolab.scenario.feature import Feature, load_feature
from liqolab.scenario.lesson_document import Reader, read_document
from liqolab.scenario.library import LessonError, data_folder, lesson_names
from liqolab.scenario.mistakes import Condition, Mistake

ENGLISH = "en"
HINT_KINDS = ("nudge", "concept", "command")
"""The rungs of the ladder, each giving away more than the one before."""


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
    language: str = ENGLISH
    untranslated: tuple[str, ...] = ()

    def kubeconfig_name(self, cluster: str) -> str:
        """The file in the working folder that the lesson's own setup writes for a cluster."""
        return self.kubeconfig_pattern.format(cluster=cluster)


def load_lesson(name: str, language: str = ENGLISH) -> Lesson:
    """Read a lesson by name.

    Raises:
        LessonError: there is none, or its files contradict each other.
    """
    if name not in lesson_names():
        raise LessonError(f'there is no lesson "{name}"; known: {", ".join(lesson_names())}')
    return read_lesson(data_folder("scenarios") / name, language)


def lesson_languages(folder: Path) -> list[str]:
    """The languages that a lesson's folder has texts in, English first."""
    return [ENGLISH, *sorted(path.parent.name for path in folder.glob("*/lesson.yaml"))]


def read_lesson(folder: Path, language: str = ENGLISH) -> Lesson:
    """Read the lesson of a folder.

    Raises:
        LessonError: its files are missing, are not what they should be, or contradict each other.
    """
    words = _Words(folder, language)
    top = read_document(folder / "lesson.yaml")
    own = _mistakes(top, words, "mistakes")
    steps = tuple(_step(folder, entry, words, own) for entry in top.entries("steps"))
    feature_name = top.text("feature")
    feature = load_feature(data_folder("features") / words.get("feature", feature_name))
    lesson = Lesson(
        name=folder.name,
        title=words.get("title", top.text("title")),
        summary=words.get("summary", top.text("summary")),
        clusters=tuple(_cluster(folder / "workdir", entry) for entry in top.entries("clusters")),
        steps=steps,
        feature=feature,
        files=folder / "workdir",
        kubeconfig_pattern=top.text("kubeconfig"),
        language=language,
        untranslated=tuple(words.missing),
    )
    top.nothing_else()
    _agree(lesson)
    return lesson


class _Words:
    """The texts of a translation by name, such as ``steps.peer.title``; English has none of its own."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder = folder / language if language != ENGLISH and (folder / language).is_dir() else None
        self.missing: list[str] = []
        self._known: dict[str, str] = {}
        if self.folder is not None and (self.folder / "lesson.yaml").exists():
            self._known = read_document(self.folder / "lesson.yaml").flat()

    def get(self, name: str, english: str) -> str:
        if self.folder is None or not english:
            return english
        if name not in self._known:
            self.missing.append(name)
        return self._known.get(name, english)

    def prose(self, english: Path) -> str:
        translated = self.folder / english.name if self.folder is not None else english
        if not translated.exists():
            self.missing.append(english.name)
            translated = english
        try:
            return translated.read_text(encoding="utf-8")
        except OSError as error:
            raise LessonError(f"{translated} cannot be read: {error.strerror}") from None


def _cluster(files: Path, entry: Reader) -> ClusterSpec:
    name, config, labels = entry.text("name"), files / entry.text("config"), entry.strings("labels")
    entry.nothing_else()
    try:
        return from_kind_config(name, config, liqo_labels=labels or None)
    except (OSError, PlaygroundError) as error:
        raise LessonError(f"{entry.place}: {error}") from None


def _step(folder: Path, entry: Reader, words: _Words, general: tuple[Mistake, ...]) -> LessonStep:
    name = entry.text("id")
    here = f"steps.{name}"
    hints = entry.strings("hints")
    strange = [kind for kind in hints if kind not in HINT_KINDS]
    if strange:
        raise LessonError(f"{entry.place}: hints are {', '.join(HINT_KINDS)}, not {', '.join(strange)}")
    step = LessonStep(
        id=name,
        title=words.get(f"{here}.title", entry.text("title")),
        prose=words.prose(folder / "steps" / f"{name}.md"),
        minutes=entry.number("minutes", 5),
        tasks=tuple(words.get(f"{here}.tasks.{n}", text) for n, text in enumerate(entry.texts("tasks"), 1)),
        hints=tuple((kind, words.get(f"{here}.hints.{kind}", hints[kind])) for kind in HINT_KINDS if kind in hints),
        mistakes=_mistakes(entry, words, f"{here}.mistakes") + general,
    )
    entry.nothing_else()
    return step


def _mistakes(entry: Reader, words: _Words, path: str) -> tuple[Mistake, ...]:
    return tuple(_mistake(item, words, path) for item in entry.entries("mistakes", optional=True))


def _mistake(entry: Reader, words: _Words, path: str) -> Mistake:
    name = entry.text("id")
    when = entry.entry("when")
    condition = Condition(
        command=when.pattern("command"),
        without=when.pattern("without"),
        output=when.pattern("output"),
        cluster=when.text("cluster", ""),
        fails=when.flag("fails"),
    )
    when.nothing_else()
    mistake = Mistake(name, condition, words.get(f"{path}.{name}", entry.text("say")))
    entry.nothing_else()
    return mistake


def _agree(lesson: Lesson) -> None:
    """Steps and scenarios go together, one to one and in the same order."""
    steps = [entry.id for entry in lesson.steps]
    scenarios = [scenario.step for scenario in lesson.feature.scenarios]
    different: list[Any] = sorted({*steps} ^ {*scenarios})
    if different:
        raise LessonError(f"lesson {lesson.name}: steps and feature do not agree on {', '.join(different)}")
    if steps != scenarios:
        raise LessonError(f"lesson {lesson.name}: the steps are in another order than the feature's scenarios")
