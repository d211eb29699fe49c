"""What volumes hold: the disks of a cluster's nodes, in one SQLite file in the cluster's folder.

A *disk* is a tree of directories, files and symbolic links: one for each node (`hostPath`, local volumes and what the
provisioner of class `standard` makes), one for each pod (`emptyDir`), one for each volume elsewhere. Names and
contents that a container writes are rows of a table and never names of files of this machine, so nothing that a
manifest or a script says reaches one.

Every change is committed when the call returns; as in the cluster's store, the death of the process loses none. A disk
that is full says `No space left on device`.
"""

from __future__ import annotations

import errno
import os
import posixpath
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from liqolab.apimachinery import clock

LIMIT_BYTES = 512 * 2**20
"""What one disk holds: more than any lesson writes, and little enough for the machine that runs it."""

LIMIT_ENTRIES = 50_000

_PIECE_BYTES = 256 * 1024
_FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY, disk TEXT NOT NULL, path TEXT NOT NULL, parent TEXT NOT NULL,
    mode INTEGER NOT NULL, size INTEGER NOT NULL, target TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL,
    UNIQUE (disk, path)
);
CREATE INDEX IF NOT EXISTS children ON entries (disk, parent);
CREATE TABLE IF NOT EXISTS pieces (
    entry INTEGER NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (entry, number)
);
"""
_COLUMNS = "id, path, mode, size, target, created, modified"


@dataclass(frozen=True, slots=True)
class Entry:
    """A directory, a file or a link.

    Attributes:
        mode: with its type, as `stat` has it.
        target: of a link.
        created, modified: seconds since the epoch.
    """

    id: int
    path: str
    mode: int
    size: int
    target: str
    created: float
    modified: float

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.mode)

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)


class Disks:
    """All disks of a cluster; nothing is opened before the first of them is used.

    Args:
        path: of the database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._used: dict[str, tuple[int, int]] = {}

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def directory(self, disk: str, root: str = "/", limit: int = LIMIT_BYTES) -> Directory:
        """Part of a disk, as containers mount it; its root need not exist yet.

        Args:
            disk: the disk's name.
            root: a path on it.
            limit: what may be in it, in bytes.
        """
        return Directory(self, disk, posixpath.normpath("/" + root.lstrip("/")), limit)

    def names(self, prefix: str) -> list[str]:
        """The disks whose names begin so; none where nothing was ever written."""
        if self._connection is None and not self._path.exists():
            return []
        with self.changing() as connection:
            rows = connection.execute(
                "SELECT DISTINCT disk FROM entries WHERE disk >= ? AND disk < ?", (prefix, prefix + "\U0010ffff")
            )
            return [name for (name,) in rows]

    def drop(self, disk: str) -> None:
        """Forget a disk and all that is on it."""
        if self._connection is None and not self._path.exists():
            return
        with self.changing() as connection:
            connection.execute("DELETE FROM pieces WHERE entry IN (SELECT id FROM entries WHERE disk = ?)", (disk,))
            connection.execute("DELETE FROM entries WHERE disk = ?", (disk,))
            self._used.pop(disk, None)

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one change that is made whole or not at all.

        Raises:
            OSError: the file cannot be written.
        """
        with self._lock:
            try:
                connection = self._opened()
                with connection:
                    yield connection
            except sqlite3.Error as error:
                self._used.clear()
                full = "full" in str(error)
                raise _error(errno.ENOSPC if full else errno.EIO) from error
            except OSError:
                self._used.clear()
                raise

    def used(self, connection: sqlite3.Connection, disk: str) -> tuple[int, int]:
        """Bytes and entries of a disk."""
        if disk not in self._used:
            question = "SELECT coalesce(sum(size), 0), count(*) FROM entries WHERE disk = ?"
            self._used[disk] = connection.execute(question, (disk,)).fetchone()
        return self._used[disk]

    def take(self, connection: sqlite3.Connection, disk: str, size: int, entries: int = 0) -> None:
        """Reckon with so much more on a disk.

        Raises:
            OSError: it is full.
        """
        before, count = self.used(connection, disk)
        if (size > 0 and before + size > LIMIT_BYTES) or (entries > 0 and count + entries > LIMIT_ENTRIES):
            raise _error(errno.ENOSPC)
        self._used[disk] = before + size, count + entries

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.touch(mode=0o600, exist_ok=True)
            connection = sqlite3.connect(self._path, check_same_thread=False)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA cache_size=-1024")
            connection.executescript(_SCHEMA)
            connection.execute(f"PRAGMA user_version={_FORMAT}")
            self._connection = connection
        return self._connection


class Directory:
    """A part of a disk; its paths begin at its root. What a method cannot do raises the `OSError` of its Linux call.

    Links are never followed: whoever mounts the directory does that, since they may lead elsewhere.
    """

    def __init__(self, disks: Disks, disk: str, root: str, limit: int) -> None:
        self._disks = disks
        self._disk = disk
        self._root = root
        self._limit = limit

    def below(self, path: str) -> Directory:
        """The part of it that begins at `path`; ``..`` does not lead out of it."""
        return Directory(self._disks, self._disk, self._full(path), self._limit)

    def stat(self, path: str) -> Entry:
        with self._disks.changing() as connection:
            return self._need(connection, self._full(path))

    def exists(self, path: str) -> bool:
        with self._disks.changing() as connection:
            return self._find(connection, self._full(path)) is not None

    def list(self, path: str) -> list[tuple[str, Entry]]:
        with self._disks.changing() as connection:
            full = self._full(path)
            if not self._need(connection, full).is_directory:
                raise _error(errno.ENOTDIR)
            question = f"SELECT {_COLUMNS} FROM entries WHERE disk = ? AND parent = ? ORDER BY path"  # noqa: S608 (constants)
            rows = connection.execute(question, (self._disk, full)).fetchall()
            return [(posixpath.basename(row[1]), Entry(*row)) for row in rows]

    def read(self, path: str) -> bytes:
        with self._disks.changing() as connection:
            return self._content(connection, self._need_file(connection, self._full(path)))

    def write(self, path: str, content: bytes) -> None:
        with self._disks.changing() as connection:
            self._put(connection, self._full(path), content, appending=False)

    def append(self, path: str, content: bytes) -> None:
        """Add to a file, or make it; adding nothing marks it as modified."""
        with self._disks.changing() as connection:
            self._put(connection, self._full(path), content, appending=True)

    def make(self, path: str, *, parents: bool = False) -> None:
        """Make a directory; with `parents` also those above it, and then it may be there already."""
        with self._disks.changing() as connection:
            self._make(connection, self._full(path), parents=parents)

    def remove(self, path: str, *, recursive: bool = False) -> None:
        with self._disks.changing() as connection:
            full = self._full(path)
            if full == self._root:
                raise _error(errno.EBUSY)
            entry = self._need(connection, full)
            if entry.is_directory and not recursive and self._children(connection, full):
                raise _error(errno.ENOTEMPTY)
            self._remove(connection, entry)

    def clear(self) -> None:
        """Remove all of it, its root included; nothing happens where it is not there."""
        with self._disks.changing() as connection:
            if (entry := self._find(connection, self._root)) is not None:
                self._remove(connection, entry)

    def rename(self, source: str, target: str) -> None:
        with self._disks.changing() as connection:
            old, new = self._full(source), self._full(target)
            entry, there = self._need(connection, old), self._find(connection, new)
            if old == new:
                return
            if new.startswith(old + "/"):
                raise _error(errno.EINVAL)
            if there is not None:
                self._replaceable(connection, entry, there)
                self._remove(connection, there)
            self._parent(connection, new)
            self._move(connection, old, new)

    def copy(self, source: str, target: str) -> None:
        with self._disks.changing() as connection:
            entry = self._need_file(connection, self._full(source))
            self._put(connection, self._full(target), self._content(connection, entry), appending=False)
            self._set(connection, self._full(target), mode=entry.mode)

    def link(self, target: str, path: str) -> None:
        """Make a symbolic link at `path`."""
        with self._disks.changing() as connection:
            full = self._full(path)
            if self._find(connection, full) is not None:
                raise _error(errno.EEXIST)
            self._insert(connection, full, stat.S_IFLNK | 0o777, target)

    def target(self, path: str) -> str:
        """Where a link leads."""
        with self._disks.changing() as connection:
            entry = self._need(connection, self._full(path))
            if not entry.is_link:
                raise _error(errno.EINVAL)
            return entry.target

    def chmod(self, path: str, mode: int) -> None:
        with self._disks.changing() as connection:
            entry = self._need(connection, self._full(path))
            self._set(connection, entry.path, mode=stat.S_IFMT(entry.mode) | (mode & 0o7777))

    def _full(self, path: str) -> str:
        inside = posixpath.normpath("/" + path.lstrip("/"))
        return inside if self._root == "/" else self._root + inside.rstrip("/")

    def _find(self, connection: sqlite3.Connection, full: str) -> Entry | None:
        question = f"SELECT {_COLUMNS} FROM entries WHERE disk = ? AND path = ?"  # noqa: S608 (constants)
        row = connection.execute(question, (self._disk, full)).fetchone()
        if row is None and full == "/":
            return self._insert(connection, "/", stat.S_IFDIR | 0o755)
        return Entry(*row) if row is not None else None

    def _need(self, connection: sqlite3.Connection, full: str) -> Entry:
        entry = self._find(connection, full)
        if entry is None:
            raise _error(errno.ENOENT)
        return entry

    def _need_file(self, connection: sqlite3.Connection, full: str) -> Entry:
        entry = self._need(connection, full)
        if entry.is_directory:
            raise _error(errno.EISDIR)
        if entry.is_link:
            raise _error(errno.ELOOP)
        return entry

    def _children(self, connection: sqlite3.Connection, full: str) -> bool:
        question = "SELECT 1 FROM entries WHERE disk = ? AND parent = ? LIMIT 1"
        return connection.execute(question, (self._disk, full)).fetchone() is not None

    def _parent(self, connection: sqlite3.Connection, full: str) -> str:
        parent = posixpath.dirname(full)
        if not self._need(connection, parent).is_directory:
            raise _error(errno.ENOTDIR)
        return parent

    def _make(self, connection: sqlite3.Connection, full: str, *, parents: bool) -> None:
        entry = self._find(connection, full)
        if entry is not None:
            if parents and entry.is_directory:
                return
            raise _error(errno.EEXIST)
        if parents:
            self._make(connection, posixpath.dirname(full), parents=True)
        self._insert(connection, full, stat.S_IFDIR | 0o755)

    def _insert(self, connection: sqlite3.Connection, full: str, mode: int, target: str = "") -> Entry:
        parent = "" if full == "/" else self._parent(connection, full)
        if len(posixpath.basename(full).encode()) > 255:
            raise _error(errno.ENAMETOOLONG)
        self._disks.take(connection, self._disk, 0, 1)
        moment = clock.time()
        row = (self._disk, full, parent, mode, 0, target, moment, moment)
        done = connection.execute(
            "INSERT INTO entries (disk, path, parent, mode, size, target, created, modified) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        return Entry(done.lastrowid or 0, full, mode, 0, target, moment, moment)

    def _put(self, connection: sqlite3.Connection, full: str, content: bytes, *, appending: bool) -> None:
        entry = self._find(connection, full)
        if entry is None:
            entry = self._insert(connection, full, stat.S_IFREG | 0o644)
        elif entry.is_directory:
            raise _error(errno.EISDIR)
        elif entry.is_link:
            raise _error(errno.ELOOP)
        grown = len(content) - (0 if appending else entry.size)
        self._disks.take(connection, self._disk, grown)
        if self._limit < LIMIT_BYTES and grown > 0 and self._size(connection) + grown > self._limit:
            raise _error(errno.ENOSPC)
        if not appending:
            connection.execute("DELETE FROM pieces WHERE entry = ?", (entry.id,))
        question = "SELECT coalesce(max(number), 0) FROM pieces WHERE entry = ?"
        first = connection.execute(question, (entry.id,)).fetchone()[0] + 1
        starts = range(0, len(content), _PIECE_BYTES)
        rows = [(entry.id, first + i, content[at : at + _PIECE_BYTES]) for i, at in enumerate(starts)]
        connection.executemany("INSERT INTO pieces VALUES (?, ?, ?)", rows)
        size = entry.size + len(content) if appending else len(content)
        connection.execute("UPDATE entries SET size = ?, modified = ? WHERE id = ?", (size, clock.time(), entry.id))

    def _size(self, connection: sqlite3.Connection) -> int:
        """Of all files of this directory."""
        question = "SELECT coalesce(sum(size), 0) FROM entries WHERE disk = ? AND path >= ? AND path < ?"
        size: int = connection.execute(question, (self._disk, self._root, _after(self._root))).fetchone()[0]
        return size

    def _content(self, connection: sqlite3.Connection, entry: Entry) -> bytes:
        rows = connection.execute("SELECT data FROM pieces WHERE entry = ? ORDER BY number", (entry.id,))
        return b"".join(data for (data,) in rows)

    def _remove(self, connection: sqlite3.Connection, entry: Entry) -> None:
        where = "disk = ? AND (path = ? OR path >= ? AND path < ?)"
        span = (self._disk, entry.path, entry.path.rstrip("/") + "/", _after(entry.path))
        question = f"SELECT coalesce(sum(size), 0), count(*) FROM entries WHERE {where}"  # noqa: S608 (constants)
        size, count = connection.execute(question, span).fetchone()
        connection.execute(f"DELETE FROM pieces WHERE entry IN (SELECT id FROM entries WHERE {where})", span)  # noqa: S608
        connection.execute(f"DELETE FROM entries WHERE {where}", span)  # noqa: S608
        self._disks.take(connection, self._disk, -size, -count)

    def _replaceable(self, connection: sqlite3.Connection, entry: Entry, there: Entry) -> None:
        if there.is_directory and not entry.is_directory:
            raise _error(errno.EISDIR)
        if entry.is_directory and not there.is_directory:
            raise _error(errno.ENOTDIR)
        if there.is_directory and self._children(connection, there.path):
            raise _error(errno.ENOTEMPTY)

    def _move(self, connection: sqlite3.Connection, old: str, new: str) -> None:
        question = "SELECT id, path FROM entries WHERE disk = ? AND (path = ? OR path >= ? AND path < ?)"
        rows = connection.execute(question, (self._disk, old, old + "/", _after(old))).fetchall()
        moved = [(new + path[len(old) :], identity) for identity, path in rows]
        change = "UPDATE entries SET path = ?, parent = ? WHERE id = ?"
        connection.executemany(change, [(path, posixpath.dirname(path), identity) for path, identity in moved])

    def _set(self, connection: sqlite3.Connection, full: str, *, mode: int) -> None:
        connection.execute("UPDATE entries SET mode = ? WHERE disk = ? AND path = ?", (mode, self._disk, full))


def _after(path: str) -> str:
    """The first text after all paths below `path` (0 follows the slash)."""
    return path.rstrip("/") + "0"


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
