"""The file under the store: SQLite in WAL mode, one row an object, and one for the revision of the last deletion.

The revision counter is the newest revision of any row. Only a deletion leaves no row that says when it was, so it
writes its revision down apart; every other write is a single statement.

``synchronous=NORMAL`` keeps every commit through the death of the process (the data is with the operating system when
the commit returns); only a power cut may take the last moments, and never leaves a torn file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from liqolab.kube.store.errors import CorruptError, OpenFailedError, WriteFailedError, write_failed
from liqolab.kube.store.record import Key, Record

_FORMAT = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    collection TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    revision INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (collection, namespace, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deleted (id INTEGER PRIMARY KEY CHECK (id = 0), revision INTEGER NOT NULL);
INSERT OR IGNORE INTO deleted VALUES (0, 0);
"""

_PUT = "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?)"
_DROP = "DELETE FROM objects WHERE collection = ? AND namespace = ? AND name = ?"
_DELETED = "UPDATE deleted SET revision = ? WHERE id = 0"
_NEWEST = "SELECT max((SELECT revision FROM deleted), coalesce((SELECT max(revision) FROM objects), 0))"


class Database:
    """Durable rows. Every method either commits or leaves the file as it was."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            CorruptError: it is not a SQLite file, or one of another format.
            OpenFailedError: the disk is full or read-only.
            OSError: the folder cannot be written.
        """
        path.touch(mode=0o600, exist_ok=True)
        self._path = path
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute("PRAGMA cache_size=-1024")
            version = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _FORMAT):
                raise CorruptError(f"{path}: written by another release (format {version}, this one has {_FORMAT})")
            self._connection.executescript(_SCHEMA)
            self._connection.execute(f"PRAGMA user_version={_FORMAT}")
        except sqlite3.OperationalError as error:
            raise OpenFailedError(f"{path} cannot be opened: {error}") from error
        except sqlite3.DatabaseError as error:
            raise CorruptError(f"{path}: {error}") from error

    def load(self) -> tuple[int, Iterator[tuple[str, Record]]]:
        """The revision counter, and every object with its collection.

        Raises:
            CorruptError: a page of the file cannot be read (also while iterating).
        """
        try:
            revision = self._connection.execute(_NEWEST).fetchone()[0]
        except (sqlite3.DatabaseError, TypeError) as error:
            raise CorruptError(f"{self._path}: {error}") from error
        return revision, self._rows()

    def _rows(self) -> Iterator[tuple[str, Record]]:
        try:
            for collection, namespace, name, revision, body in self._connection.execute("SELECT * FROM objects"):
                yield collection, Record((namespace, name), revision, body)
        except sqlite3.DatabaseError as error:
            raise CorruptError(f"{self._path}: {error}") from error

    def put(self, collection: str, record: Record) -> None:
        """Write one version.

        Raises:
            WriteFailedError: nothing was written.
        """
        try:
            self._connection.execute(_PUT, (collection, *record.key, record.revision, record.encoded))
        except (sqlite3.Error, OSError) as error:
            raise self._failure(error) from error

    def drop(self, collection: str, key: Key, revision: int) -> None:
        """Remove one object, and remember the revision of its removal.

        Raises:
            WriteFailedError: nothing was written.
        """
        execute = self._connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            execute(_DROP, (collection, *key))
            execute(_DELETED, (revision,))
            execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> WriteFailedError:
        if self._connection.in_transaction:
            self._connection.rollback()
        return write_failed(error)

    def limit_pages(self, pages: int) -> int:
        """Let the file grow to `pages` pages at most (a quota); returns the limit now in force."""
        return int(self._connection.execute(f"PRAGMA max_page_count={int(pages)}").fetchone()[0])

    def close(self) -> None:
        """Fold the log into the file and release it."""
        self._connection.close()
