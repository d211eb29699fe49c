"""Rules about a lesson's translations: they are complete, and their features say the same."""

from __future__ import annotations

from collections.abc import Iterator

from liqolab.author.lint.feature_file import FeatureFile, read_feature
from liqolab.author.lint.lesson_folder import LessonFolder, lesson_rule
from liqolab.author.lint.marked import Marked, MarkedError, load_map
from liqolab.author.lint.rule import Finding, Spot
from liqolab.author.lint.source import read
from liqolab.scenario.lesson import lesson_languages, translatable
from liqolab.scenario.lesson_schema import flat
from liqolab.scenario.library import LESSON_FILE
from liqolab.scenario.outline import Outline


@lesson_rule(
    "translation-missing",
    severity="warning",
    what="A translation has every text of the lesson, and nothing besides.",
    why="What is missing is shown in English, what is misspelt not at all.",
    bad="# it/lesson.yaml\ntitle: Offloading con politiche\n",
    good="# it/lesson.yaml\ntitle: Offloading con politiche\nsummary: Un namespace solo per alcuni cluster.\n...\n",
)
def translation_missing(lesson: LessonFolder) -> Iterator[Spot]:
    if lesson.document is None:
        return
    wanted = {name for name, _, _ in translatable(lesson.document.plain())}
    for language in lesson_languages(lesson.folder)[1:]:
        path = f"{language}/{LESSON_FILE}"
        translation = _translation(lesson, path)
        if translation is None:
            yield Spot(1, 1, "it cannot be read, or is not one map of texts", path)
            continue
        texts = {name: translation.at(path) for name, path, _ in flat(translation.plain())}
        for name in wanted:
            if name not in texts:
                yield Spot(1, 1, f"{name} is not translated", path)
        for name, place in texts.items():
            if name not in wanted and name != "feature":
                yield Spot(place.line, place.column, f"the lesson has no text {name}", path)
        for step, _ in lesson.steps:
            if not (lesson.folder / language / f"{step}.md").is_file():
                yield Spot(1, 1, f"{language}/{step}.md does not exist: the prose is not translated", path)


@lesson_rule(
    "translation-drift",
    what="A translated feature has the same steps, commands and number of checks as the original.",
    why="Both are taken for the same lesson; a command that was mended in one language only is wrong in the other.",
)
def translation_drift(lesson: LessonFolder) -> Iterator[Spot]:
    original = lesson.outlines
    for language in lesson_languages(lesson.folder)[1:]:
        path = f"{language}/{LESSON_FILE}"
        translation = _translation(lesson, path)
        named = translation.get("feature") if translation is not None else None
        if named is None or lesson.feature_path is None or not original:
            continue
        feature = _translated_feature(lesson, str(named.value))
        if feature is None:
            yield Spot(named.line, named.column, f"there is no feature {named.value} that can be read", path)
            continue
        translated = feature.outlines()
        for step in sorted(original.keys() | translated.keys()):
            if problem := _difference(original.get(step), translated.get(step)):
                yield Spot(named.line, named.column, f'step "{step}": {problem}', path)


def _difference(original: Outline | None, translated: Outline | None) -> str:
    if original is None or translated is None:
        return "it is in one of the features only"
    for ours, theirs in zip(original.commands, translated.commands, strict=False):
        if ours.one_line != theirs.one_line:
            return f"the command differs: {theirs.one_line[:80]}"
    if len(original.commands) != len(translated.commands):
        return f"it has {len(translated.commands)} commands instead of {len(original.commands)}"
    expected, checks = (sum(len(goal.sentences) for goal in side.goals) for side in (original, translated))
    if checks != expected:
        return f"it has {checks} checks instead of {expected}"
    return ""


def _translation(lesson: LessonFolder, path: str) -> Marked | None:
    source = read(lesson.folder / path, lesson.shown(path))
    if isinstance(source, Finding):
        return None
    try:
        return load_map(source.text)
    except MarkedError:
        return None


def _translated_feature(lesson: LessonFolder, name: str) -> FeatureFile | None:
    original = lesson.top.text("feature")
    if lesson.feature_path is None or original is None:
        return None
    # Both names are seen from the same folder of features.
    folder = lesson.feature_path
    for _ in original.value.split("/"):
        folder = folder.parent
    return read_feature(folder / name, name)
