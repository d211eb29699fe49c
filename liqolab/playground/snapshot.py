"""Snapshots: a playground's whole state, saved and brought back in about a second.

A cluster's state is its folder, so a snapshot is a copy of the folders. All clusters are stopped (SIGSTOP) while they
are copied, so the copies belong to one moment across clusters; what a stopped process had acknowledged is in its
write-ahead log, and that is copied too. Restoring moves every cluster's revision counter far ahead: a client that
remembers revisions of the discarded future must list again instead of being served a different past as if it were its
own.

Only embedded clusters are such folders. Of others there are no snapshots, and whoever asks for one is told what there
is in their place.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from liqolab import installed
from liqolab.playground.embedded import is_stopped, process_id
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import Playground
from liqolab.playground.provider import Provider
from liqolab.playground.providers import provider_of, settled, speak

_VOLATILE = ("lock", "run.json", "log", "faults.json", "faults.applied")
_DIALECT = "dialect"
"""What the Liqo of the clusters speaks, in a file of the snapshot; the playground may have come to another one."""
_REVISION_LEAP = 1_000_000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One saved state.

    Attributes:
        saved: when, in local time.
        clusters: the names of the clusters in it.
        size: bytes on disk.
    """

    name: str
    saved: datetime
    clusters: tuple[str, ...]
    size: int


def possible(playground: Playground) -> Provider:
    """The provider of a playground whose state can be saved.

    Raises:
        PlaygroundError: it makes clusters that have no snapshots; the text says what there is in their place.
    """
    provider = provider_of(playground)
    if not provider.has_snapshots:
        raise PlaygroundError(
            f"there are no snapshots of {provider.name} clusters: their state is in containers or with somebody else",
            f"go to a step instead, which replays what lies before it ({installed.command('learn --step ID')}), "
            f"or begin anew ({installed.command('learn --fresh')})",
        )
    return provider


def save(playground: Playground, name: str) -> Snapshot:
    """Save the clusters and the lessons' working folders.

    Raises:
        PlaygroundError: there is nothing to save, the name is taken, or the disk is full (nothing is left then).
    """
    possible(playground)
    if playground.is_empty:
        raise PlaygroundError(f'playground "{playground.name}" has no clusters to save', "start with: liqolab up")
    target = _folder(playground, name)
    if target.exists():
        raise PlaygroundError(
            f'a snapshot "{name}" of playground "{playground.name}" exists', "choose another name, or delete it first"
        )
    partial = target.with_name(f".{name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True, mode=0o700)
        with _paused(playground):
            shutil.copytree(playground.clusters, partial / "clusters", ignore=shutil.ignore_patterns(*_VOLATILE))
            if (playground.root / "work").is_dir():
                shutil.copytree(playground.root / "work", partial / "work", symlinks=True)
        (partial / _DIALECT).write_text(settled(playground).dialect + "\n")
        partial.rename(target)
    except BaseException as error:
        shutil.rmtree(partial, ignore_errors=True)
        if isinstance(error, OSError):
            text = f"the snapshot cannot be written: {_reason(error)}"
            raise PlaygroundError(text, "free some space; nothing was left") from None
        raise
    return _describe(target)


async def restore(playground: Playground, name: str) -> Snapshot:
    """Put the saved state in the place of the current one and start its clusters.

    The current state is moved aside first and comes back if anything fails.

    Raises:
        PlaygroundError: there is no such snapshot, or it cannot be brought back.
    """
    provider = possible(playground)
    source = _folder(playground, name)
    if not source.is_dir():
        known = ", ".join(snapshot.name for snapshot in find(playground)) or "none"
        raise PlaygroundError(f'there is no snapshot "{name}" of playground "{playground.name}"', f"known: {known}")
    playground.create()
    running = [status.name for status in await provider.status()]
    await provider.stop(running)
    aside = {part: playground.root / f".{part}.before" for part in ("clusters", "work")}
    for part, kept in aside.items():
        shutil.rmtree(kept, ignore_errors=True)
        if (playground.root / part).exists():
            (playground.root / part).rename(kept)
    try:
        for part in aside:
            if (source / part).is_dir():
                shutil.copytree(source / part, playground.root / part, symlinks=True)
        names = sorted(folder.name for folder in playground.clusters.iterdir())
        for cluster in names:
            _leap(playground.clusters / cluster / "store.db")
        await provider.start(names)
        if (source / _DIALECT).is_file():
            speak(playground, (source / _DIALECT).read_text().strip())
    except BaseException as error:
        await _put_back(playground, provider, aside, running)
        if isinstance(error, OSError):
            text = f"the snapshot cannot be brought back: {_reason(error)}"
            raise PlaygroundError(text, "free some space; the state before is back") from None
        raise
    if aside["work"].is_dir():
        _keep_folders(aside["work"], playground.root / "work")
    for kept in aside.values():
        shutil.rmtree(kept, ignore_errors=True)
    return _describe(source)


def find(playground: Playground) -> list[Snapshot]:
    """The playground's snapshots, oldest first."""
    if not playground.snapshots.is_dir():
        return []
    complete = [folder for folder in playground.snapshots.iterdir() if not folder.name.startswith(".")]
    return sorted((_describe(folder) for folder in complete), key=lambda snapshot: snapshot.saved)


def delete(playground: Playground, name: str) -> None:
    """Forget a snapshot.

    Raises:
        PlaygroundError: there is none of that name.
    """
    target = _folder(playground, name)
    if not target.is_dir():
        raise PlaygroundError(f'there is no snapshot "{name}"', "see: liqolab snapshot list")
    shutil.rmtree(target)
    playground.forget_empty_folders()


def _keep_folders(before: Path, after: Path) -> None:
    """Leave the lessons' folders the ones that they were, with what was restored in them: shells stand in them."""
    for folder in before.iterdir():
        restored = after / folder.name
        if not restored.is_dir():
            continue
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        for entry in restored.iterdir():
            entry.rename(folder / entry.name)
        restored.rmdir()
        folder.rename(restored)


async def _put_back(playground: Playground, provider: Provider, aside: dict[str, Path], names: list[str]) -> None:
    if playground.clusters.is_dir():
        await provider.stop([folder.name for folder in playground.clusters.iterdir()])
    for part, kept in aside.items():
        shutil.rmtree(playground.root / part, ignore_errors=True)
        if kept.exists():
            kept.rename(playground.root / part)
    await provider.start(names)


def _reason(error: OSError) -> str:
    """One sentence also for the copy of a tree, whose error lists every file that it could not copy."""
    if isinstance(error, shutil.Error):
        return str(error.args[0][0][2])
    return str(error)


def _folder(playground: Playground, name: str) -> Path:
    if not name or name.startswith(".") or "/" in name:
        raise PlaygroundError(f'"{name}" is not a valid snapshot name', "use letters, digits and hyphens")
    return playground.snapshots / name


def _describe(folder: Path) -> Snapshot:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return Snapshot(
        name=folder.name,
        saved=datetime.fromtimestamp(folder.stat().st_mtime, UTC).astimezone(),
        clusters=tuple(sorted(entry.name for entry in (folder / "clusters").iterdir())),
        size=sum(path.stat().st_size for path in files),
    )


@contextmanager
def _paused(playground: Playground) -> Iterator[None]:
    known = [pid for folder in playground.clusters.iterdir() if (pid := process_id(folder)) is not None]
    # One that somebody has paused is not ours to go on.
    pids = [pid for pid in known if not is_stopped(pid)]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _leap(database: Path) -> None:
    """Move the revision counter ahead; the table is part of the on-disk format that the cluster's store documents."""
    with sqlite3.connect(database) as connection:
        # The counter is the newest revision of any row, this one included.
        newest = "max(revision, coalesce((SELECT max(revision) FROM objects), 0))"
        connection.execute(f"UPDATE deleted SET revision = {newest} + ?", (_REVISION_LEAP,))  # noqa: S608 (a constant)
    connection.close()
