"""The playground in which a lesson is tried: one of its own, with states that can be kept and gone back to.

Going back means: the clusters and the working folder of a snapshot, a fresh bash that remembers what the old one did,
and fresh clients, because connections and discovery caches of a discarded future would make checks fail for no reason
of the lesson's. A learner's own kubeconfig is out of reach: the bash has another HOME.
"""

from __future__ import annotations

import asyncio
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from liqolab.playground import home
from liqolab.playground import snapshot as snapshots
from liqolab.playground.home import Playground
from liqolab.playground.providers import delete_clusters, provider_of
from liqolab.process import uninterrupted
from liqolab.scenario.bash_state import BashState, read_state
from liqolab.scenario.lesson import Lesson
from liqolab.scenario.session import close_playground, open_lab
from liqolab.steps.lab import Lab

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a kept state consists of besides the clusters."""

    has_clusters: bool
    values: dict[str, str]
    default_cluster: str | None
    default_namespace: str
    bash: BashState
    work: Path | None


@dataclass(slots=True)
class Leftovers:
    """What was found after everything was taken down; all empty when nothing is left."""

    processes: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.processes or self.files)


class Stage:
    """One playground of an author's run; `open_stage` makes one and takes it down."""

    def __init__(self, lesson: Lesson, playground: Playground, scratch: Path) -> None:
        self.playground = playground
        self._lesson = lesson
        self._scratch = scratch
        self._kept: dict[str, _Kept] = {}
        self.lab = self._open()
        self._fresh = read_state(self.lab.bash, scratch)

    @property
    def clusters(self) -> list[str]:
        """Names of the clusters that run."""
        statuses = asyncio.run(provider_of(self.playground).status())
        return [status.name for status in statuses if status.state == "running"]

    def strange_files(self) -> list[str]:
        """Files of the working folder that are not the lesson's own."""
        own = {file.relative_to(self._lesson.files) for file in self._lesson.files.rglob("*")}
        return sorted(
            str(file.relative_to(self.lab.folder))
            for file in self.lab.folder.rglob("*")
            if file.is_file() and file.relative_to(self.lab.folder) not in own
        )

    def keep(self, name: str) -> None:
        """Keep the present state under a name."""
        bash = read_state(self.lab.bash, self._scratch, self._fresh)
        has_clusters = not self.playground.is_empty
        work = None
        if has_clusters:
            snapshots.save(self.playground, name)
        else:
            work = self._scratch / f"{name}.work"
            shutil.copytree(self.playground.root / "work", work, symlinks=True)
        self._kept[name] = _Kept(
            has_clusters, dict(self.lab.values), self.lab.default_cluster, self.lab.default_namespace, bash, work
        )

    def go_back(self, name: str) -> None:
        """Bring a kept state back.

        Raises:
            PlaygroundError: the clusters do not come up.
        """
        kept = self._kept[name]
        self.lab.close()
        # What kubectl remembers of the discarded future's API would outlive it.
        shutil.rmtree(self.playground.root / "kubectl-cache", ignore_errors=True)
        if kept.has_clusters:
            asyncio.run(snapshots.restore(self.playground, name))
        else:
            self._clear(kept.work)
        self.lab = self._open()
        self.lab.bash.run(kept.bash.commands(), _SECONDS)
        self.lab.values = dict(kept.values)
        self.lab.default_cluster = kept.default_cluster
        self.lab.default_namespace = kept.default_namespace

    def write(self, files: tuple[tuple[str, str], ...]) -> None:
        """Put other texts into files of the working folder."""
        for path, text in files:
            (self.lab.folder / path).write_text(text, encoding="utf-8")

    def close(self) -> Leftovers:
        """Take everything down; what is left all the same."""
        self.lab.close()
        close_playground(self.playground)
        for kept in snapshots.find(self.playground):
            snapshots.delete(self.playground, kept.name)
        shutil.rmtree(self.playground.snapshots, ignore_errors=True)
        self.playground.remove()
        shutil.rmtree(self._scratch, ignore_errors=True)
        folders = (self.playground.root, self.playground.snapshots, self._scratch)
        return Leftovers(_processes_of(self.playground), [str(folder) for folder in folders if folder.exists()])

    def _open(self) -> Lab:
        lab = open_lab(self.playground, self._lesson)
        person = self._scratch / "home"
        person.mkdir(exist_ok=True)
        lab.bash.run(f"export HOME={shlex.quote(str(person))}; unset KUBECONFIG", _SECONDS)
        return lab

    def _clear(self, work: Path | None) -> None:
        delete_clusters(self.playground)
        folder = self.playground.root / "work"
        shutil.rmtree(folder, ignore_errors=True)
        if work is not None:
            shutil.copytree(work, folder, symlinks=True)


@contextmanager
def open_stage(lesson: Lesson, name: str) -> Iterator[Stage]:
    """A stage, in a playground of that name, that is taken down whatever happens.

    Raises:
        PlaygroundError: a folder cannot be written.
    """
    playground = home.resolve(name)
    scratch = Path(tempfile.mkdtemp(prefix="liqolab-author-"))
    try:
        stage = Stage(lesson, playground, scratch)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        close_playground(playground)
        raise
    try:
        yield stage
    except KeyboardInterrupt:
        with uninterrupted():
            stage.lab.interrupt()
        raise
    finally:
        if playground.exists or scratch.exists():
            with uninterrupted():
                stage.close()


def _processes_of(playground: Playground) -> list[str]:
    """Processes whose command line names the playground's folder; none where the system has no /proc."""
    found = []
    root = str(playground.root).encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if root in line:
            found.append(f"{folder.name} {line.replace(bytes(1), b' ').decode(errors='replace').strip()}")
    return found
