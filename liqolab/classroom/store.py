"""What a class keeps: one SQLite file (WAL), for nobody else's eyes, under ``LIQOLAB_HOME/classes``.

An event is in the file before it is acknowledged. The same event may come any number of times; another one under the
same number of the same seat is a fork, and is refused. Other programs (the desk's screen, a report) may read meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from liqolab.certificates import self_signed
from liqolab.classroom.chain import Sealed
from liqolab.classroom.errors import ClassError
from liqolab.classroom.signing import sign_as_desk
from liqolab.playground import home

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS seats (seat TEXT PRIMARY KEY, enrolment TEXT NOT NULL, signature TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    seat TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, event TEXT NOT NULL, received TEXT NOT NULL,
    PRIMARY KEY (seat, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipts (
    seat TEXT NOT NULL, seq INTEGER NOT NULL, receipt TEXT NOT NULL, signature TEXT NOT NULL, PRIMARY KEY (seat, seq)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain is known; ``Head(0, origin)`` before its first entry."""

    seq: int
    hash: str


def folder() -> Path:
    return home.home() / "classes"


def path_of(name: str) -> Path:
    """Where the class of a name is kept, whether or not there is one.

    Raises:
        ClassError: that is no name.
    """
    if not _NAME.fullmatch(name):
        raise ClassError(f'"{name}" cannot name a class', "use small letters, digits and dashes")
    return folder() / f"{name}.sqlite"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Store:
    """One open class; for one thread.

    Attributes:
        name, id: what it is called, and what it alone has.
        outline: of its lesson, as `lessons.outline_of` has it; `version` is its digest.
        certificate, key: the desk's, PEM.
    """

    def __init__(self, path: Path) -> None:
        """Open a class that exists.

        Raises:
            ClassError: there is none, or the file is not one.
        """
        if not path.is_file():
            raise ClassError(f'there is no class "{path.stem}"', f"open it with: liqolab class open {path.stem}")
        self.path = path
        # Who only looks must not keep the desk from writing, nor fail because it writes.
        self._database = sqlite3.connect(path, timeout=10, isolation_level=None)
        try:
            self._database.execute("PRAGMA synchronous = FULL")
            facts = dict(self._database.execute("SELECT name, value FROM facts"))
            self.name, self.id, self.secret = facts["name"], facts["id"], facts["secret"]
            self.certificate, self.key = facts["certificate"], facts["key"]
            self.version, self.outline = facts["version"], json.loads(facts["outline"])
        except (sqlite3.DatabaseError, KeyError, ValueError) as error:
            self._database.close()
            raise ClassError(f"{path} is not the file of a class ({error})") from error

    @classmethod
    def create(cls, name: str, outline: dict[str, Any], version: str) -> Store:
        """A new class of this name.

        Raises:
            ClassError: that is no name.
            OSError: it cannot be written.
        """
        path = path_of(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pair = self_signed(f"{name}.class.liqolab")
        facts = {
            "name": name,
            "id": secrets.token_hex(8),
            "secret": secrets.token_hex(8),
            "certificate": pair.certificate.decode(),
            "key": pair.key.decode(),
            "outline": json.dumps(outline),
            "version": version,
        }
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(_SCHEMA)
            database.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
        database.close()
        return cls(path)

    def close(self) -> None:
        self._database.close()

    @property
    def port(self) -> int:
        """Where it was open the last time, so that codes that were given out go on being good; 0 for never."""
        row = self._database.execute("SELECT value FROM facts WHERE name = 'port'").fetchone()
        return int(row[0]) if row else 0

    def remember_port(self, port: int) -> None:
        self._database.execute("INSERT OR REPLACE INTO facts VALUES ('port', ?)", (str(port),))

    def enrol(self, seat: str, public: str, nickname: str) -> dict[str, Any]:
        """Give a key its seat, or say what it has: ``{"enrolment", "signature"}``."""
        known = self.enrolment(seat)
        if known is not None:
            return known
        enrolment = {"class": self.id, "seat": seat, "public": public, "nickname": nickname, "lesson": self.version}
        enrolment["at"] = now()
        signature = sign_as_desk(self.key, enrolment)
        self._database.execute("INSERT INTO seats VALUES (?, ?, ?)", (seat, json.dumps(enrolment), signature))
        return {"enrolment": enrolment, "signature": signature}

    def enrolment(self, seat: str) -> dict[str, Any] | None:
        row = self._database.execute("SELECT enrolment, signature FROM seats WHERE seat = ?", (seat,)).fetchone()
        return None if row is None else {"enrolment": json.loads(row[0]), "signature": row[1]}

    def seats(self) -> list[str]:
        """All of them, in the order in which they were taken."""
        return [row[0] for row in self._database.execute("SELECT seat FROM seats ORDER BY rowid")]

    def head(self, seat: str, origin: str) -> Head:
        row = self._database.execute(
            "SELECT seq, hash FROM events WHERE seat = ? ORDER BY seq DESC LIMIT 1", (seat,)
        ).fetchone()
        return Head(0, origin) if row is None else Head(*row)

    def hash_at(self, seat: str, seq: int) -> str | None:
        row = self._database.execute("SELECT hash FROM events WHERE seat = ? AND seq = ?", (seat, seq)).fetchone()
        return None if row is None else str(row[0])

    def add(self, seat: str, sealed: Iterable[Sealed]) -> None:
        """Keep what follows the head, all or nothing, and sign how far the chain was seen."""
        received = now()
        rows = [(seat, item.seq, item.hash, json.dumps(item.document()), received) for item in sealed]
        if not rows:
            return
        last = rows[-1]
        receipt = {"class": self.id, "seat": seat, "seq": last[1], "hash": last[2], "at": received}
        signature = sign_as_desk(self.key, receipt)
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
            self._database.execute(
                "INSERT INTO receipts VALUES (?, ?, ?, ?)", (seat, last[1], json.dumps(receipt), signature)
            )
        except sqlite3.Error:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def events(self, seat: str, after: int = 0) -> list[dict[str, Any]]:
        """The documents of a seat's chain, in order, from behind that number."""
        rows = self._database.execute("SELECT event FROM events WHERE seat = ? AND seq > ? ORDER BY seq", (seat, after))
        return [json.loads(row[0]) for row in rows]

    def last_receipt(self, seat: str) -> dict[str, Any] | None:
        """The newest of `receipts`."""
        row = self._database.execute(
            "SELECT receipt, signature FROM receipts WHERE seat = ? ORDER BY seq DESC LIMIT 1", (seat,)
        ).fetchone()
        return None if row is None else {"receipt": json.loads(row[0]), "signature": row[1]}

    def receipts(self, seat: str) -> list[dict[str, Any]]:
        """``{"receipt", "signature"}``, oldest first."""
        rows = self._database.execute("SELECT receipt, signature FROM receipts WHERE seat = ? ORDER BY seq", (seat,))
        return [{"receipt": json.loads(receipt), "signature": signature} for receipt, signature in rows]


def open_or_create(name: str, outline: dict[str, Any], version: str) -> Store:
    """The class of a name, made if there is none.

    Raises:
        ClassError: it is of another lesson, or of another version of it.
    """
    if not path_of(name).exists():
        return Store.create(name, outline, version)
    store = Store(path_of(name))
    if store.version != version:
        kept = store.outline["name"]
        store.close()
        raise ClassError(
            f'class "{name}" is of another lesson, or of another version of it ({kept})',
            "give the new class another name; its grades would not compare",
        )
    return store


def forget(name: str) -> None:
    """Delete a class with all that was kept of it.

    Raises:
        ClassError: there is none.
    """
    path = path_of(name)
    if not path.exists():
        raise ClassError(f'there is no class "{name}"')
    for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        part.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        path.parent.rmdir()
