"""A lesson's folder with the text and the YAML of its files, read once for all rules.

Nothing here believes the lesson: what cannot be read becomes a finding, and what is missing is simply not there. How
lessons are laid out is documented in the how-to about writing one; `liqolab.scenario.lesson` is what runs them.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from liqolab.author.lint.feature_file import FeatureFile, read_feature
from liqolab.author.lint.marked import Marked, MarkedError, load_map
from liqolab.author.lint.rule import Checks, Finding, Rule, declare
from liqolab.author.lint.source import Source, read
from liqolab.scenario.library import LESSON_FILE, feature_of
from liqolab.scenario.outline import Outline

WORKING_FOLDER = "workdir"
PROSE_FOLDER = "steps"

YAML = declare(
    Rule(
        "lesson-yaml",
        "lesson",
        "error",
        "lesson.yaml is YAML, and each of its keys stands once.",
        "Of a key that stands twice only the last one counts, and nobody sees which one was meant.",
        bad="title: Peering\ntitle: Offloading\n",
        good="title: Peering\n",
    )
)


class LessonFolder:
    """One lesson.

    Attributes:
        folder: where it is.
        unreadable: what kept its own files from being read.
        document: its lesson.yaml; None when that cannot be read, and then `top` has nothing in it.
        sources: every text of it that was read, for comments that ignore rules.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Read the lesson's files; `name` is what people call the folder."""
        self.folder = folder
        self.name = name
        self.unreadable: list[Finding] = []
        self.sources: list[Source] = []
        self.document: Marked | None = self._document()
        self.top = self.document or Marked({}, 1, 1, {})

    def shown(self, path: str) -> str:
        """A file of the lesson as people would name it; lesson.yaml where none is said."""
        return f"{self.name}/{path or LESSON_FILE}"

    def text(self, path: str) -> Source | None:
        """A file of the lesson by its path; None, and a finding, when it cannot be read."""
        source = read(self.folder / path, self.shown(path))
        if isinstance(source, Finding):
            self.unreadable.append(source)
            return None
        self.sources.append(source)
        return source

    @property
    def steps(self) -> list[tuple[str, Marked]]:
        """The declared steps, each with its id, in order; those without an id are left out."""
        return [(name.value, entry) for entry in self.top.listed("steps") if (name := entry.text("id")) is not None]

    @cached_property
    def prose(self) -> dict[str, Source]:
        """Path → text of every prose file, translations included."""
        files = sorted((self.folder / PROSE_FOLDER).rglob("*.md"))
        texts = ((str(file.relative_to(self.folder)), self.text(str(file.relative_to(self.folder)))) for file in files)
        return {path: source for path, source in texts if source is not None}

    @cached_property
    def working_files(self) -> list[str]:
        """Paths of all working files, as seen from the working folder."""
        folder = self.folder / WORKING_FOLDER
        return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())

    @cached_property
    def feature_path(self) -> Path | None:
        """The feature that lesson.yaml names; None when there is none."""
        named = self.top.text("feature")
        return feature_of(self.folder, named.value) if named is not None else None

    @cached_property
    def feature(self) -> FeatureFile | None:
        """The feature; None when there is none that can be read (its own findings say why)."""
        return read_feature(self.feature_path, str(self.feature_path)) if self.feature_path is not None else None

    @cached_property
    def outlines(self) -> dict[str, Outline]:
        """What the feature says of each step; nothing when there is no feature that can be read."""
        return self.feature.outlines() if self.feature is not None else {}

    def _document(self) -> Marked | None:
        source = self.text(LESSON_FILE)
        if source is None:
            return None
        try:
            return load_map(source.text)
        except MarkedError as error:
            spot = error.spot
            self.unreadable.append(Finding(source.name, spot.line, spot.column, YAML.id, spot.message))
            return None


LESSON_CHECKS = Checks[LessonFolder]("lesson")
lesson_rule = LESSON_CHECKS.rule
"""Makes a rule of a function that looks at one lesson."""
