"""Lints paths: finds the features and lessons below them, asks every rule, and leaves out what is ignored."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from liqolab.author.lint import suppression
from liqolab.author.lint.catalogue import RULES
from liqolab.author.lint.feature_file import FEATURE_CHECKS, FeatureFile
from liqolab.author.lint.gherkin_structure import SYNTAX, syntax_spots
from liqolab.author.lint.lesson_folder import LESSON_CHECKS, LessonFolder
from liqolab.author.lint.rule import Finding, Rule, Spot
from liqolab.author.lint.source import Source, read
from liqolab.author.lint.spacing import mend
from liqolab.gherkin_tree import GherkinError
from liqolab.scenario.library import LESSON_FILE


class PathError(Exception):
    """A path on the command line that cannot be linted; the message says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rules are asked: the selected ones, or all, without the ignored ones. Ids or their beginnings."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def __contains__(self, rule: str) -> bool:
        chosen = not self.select or any(rule.startswith(prefix) for prefix in self.select)
        return chosen and not any(rule.startswith(prefix) for prefix in self.ignore)

    def unknown(self) -> list[str]:
        """What names no rule."""
        return [prefix for prefix in (*self.select, *self.ignore) if not any(rule.startswith(prefix) for rule in RULES)]


@dataclass(frozen=True, slots=True)
class Targets:
    """What is linted: feature files and lesson folders."""

    features: tuple[Path, ...]
    lessons: tuple[Path, ...]


def find(paths: Sequence[Path]) -> Targets:
    """The features and lessons at and below `paths`, each once, in a stable order.

    Raises:
        PathError: a path does not exist, or is neither a folder, a feature nor a lesson.
    """
    features: dict[Path, None] = {}
    lessons: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            features.update(dict.fromkeys(sorted(path.rglob("*.feature"))))
            found = [entry.parent for entry in sorted(path.rglob(LESSON_FILE))]
            # A translation has a lesson.yaml too, in a folder of the lesson's.
            lessons.update(dict.fromkeys(folder for folder in found if not (folder.parent / LESSON_FILE).exists()))
            if (path / "workdir").is_dir() and (path / "steps").is_dir():
                lessons[path] = None
        elif path.suffix == ".feature" and path.exists():
            features[path] = None
        elif path.name == LESSON_FILE and path.exists():
            lessons[path.parent] = None
        elif not path.exists():
            raise PathError(f"{path} does not exist")
        else:
            raise PathError(f"{path} is neither a .feature file nor a {LESSON_FILE}, nor a folder")
    return Targets(tuple(features), tuple(lessons))


def lint(targets: Targets, choice: Choice = Choice()) -> list[Finding]:
    """All findings, in the order of files and lines."""
    findings: set[Finding] = set()
    for path in targets.features:
        findings.update(lint_feature(path, choice))
    for folder in targets.lessons:
        findings.update(lint_lesson(folder, choice))
    return sorted(findings)


def lint_feature(path: Path, choice: Choice = Choice()) -> list[Finding]:
    """The findings of one feature file."""
    source = read(path, shown(path))
    if isinstance(source, Finding):
        return [source] if source.rule in choice else []
    try:
        feature = FeatureFile(source)
    except GherkinError as error:
        entries = suppression.ignored(source)
        found = [_finding(source, SYNTAX, spot) for spot in syntax_spots(error)]
        return _kept(found, entries, choice)
    entries = suppression.ignored(feature.source, feature)
    found = [
        _finding(source, rule, spot)
        for rule, check in FEATURE_CHECKS.all
        if rule.id in choice
        for spot in check(feature)
    ]
    return _kept([*found, *suppression.unknown(source, entries)], entries, choice)


def lint_lesson(folder: Path, choice: Choice = Choice()) -> list[Finding]:
    """The findings of one lesson; its feature's own are those of the feature file."""
    lesson = LessonFolder(folder, shown(folder))
    found = list(lesson.unreadable)
    for rule, check in LESSON_CHECKS.all:
        if rule.id in choice:
            found += [
                Finding(lesson.shown(spot.path), spot.line, spot.column, rule.id, spot.message, rule.severity)
                for spot in check(lesson)
            ]
    kept: list[Finding] = []
    for name in sorted({finding.path for finding in found} | {source.name for source in lesson.sources}):
        source = next((entry for entry in lesson.sources if entry.name == name), None)
        entries = suppression.ignored(source) if source is not None else []
        of_file = [finding for finding in found if finding.path == name]
        if source is not None:
            of_file += suppression.unknown(source, entries)
        kept += _kept(of_file, entries, choice)
    return kept


def fix(targets: Targets) -> list[Path]:
    """Mend the spacing of feature files; returns those that changed. A file is replaced whole or not at all."""
    changed = []
    for path in targets.features:
        source = read(path, shown(path))
        if isinstance(source, Finding):
            continue
        # Compared as bytes were: a mended text always differs in what is written.
        mended = mend(source.text)
        if mended != source.text:
            _replace(path, mended)
            changed.append(path)
    return changed


def shown(path: Path) -> str:
    """A path as people here would type it: from the current folder, where it is below that."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _finding(source: Source, rule: Rule, spot: Spot) -> Finding:
    return Finding(source.name, spot.line, spot.column, rule.id, spot.message, rule.severity, rule.fixable)


def _kept(found: Iterable[Finding], entries: list[suppression.Ignored], choice: Choice) -> list[Finding]:
    return [
        finding for finding in found if finding.rule in choice and not any(entry.covers(finding) for entry in entries)
    ]


def _replace(path: Path, text: str) -> None:
    """Write beside, then rename: whoever reads it meanwhile, or pulls the plug, sees the old file or the new one."""
    target = path.resolve()
    with tempfile.NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        beside = Path(file.name)
        try:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
            beside.chmod(target.stat().st_mode & 0o777)
            beside.replace(target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
