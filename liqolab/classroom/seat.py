"""A learner's seat in a class, as it lies in the playground: the key, and the chain of what was sealed so far.

    PLAYGROUND/learn/LESSON/class-ID.json          key, nickname, how far the journal was read
    PLAYGROUND/learn/LESSON/class-ID.chain.jsonl   the chain, whole

The chain grows by what the journal has that it has not, whichever face wrote it and however long ago; where the journal
was read up to is on the disk together with what came of it, so nothing is sealed twice.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liqolab.classroom.chain import SHOWN, Sealed, origin, seal
from liqolab.classroom.codes import Code
from liqolab.classroom.errors import ClassError
from liqolab.classroom.signing import SeatKey, seat_of
from liqolab.steps.failing.redaction import redact

_JOURNAL = "journal.jsonl"


class Seat:
    """One seat; one process at a time holds it (see `taken`).

    Attributes:
        code: of the class.
        nickname: what the learner is called there.
        taken: whether another face on this machine has it open, and speaks for it.
        is_new: whether it was taken just now.
        certificate: the desk's, once it has shown it; PEM.
    """

    def __init__(self, folder: Path, code: Code, nickname: str, version: str) -> None:
        """Take the seat that this playground has in the class, or make it.

        Raises:
            ClassError: what lies there is damaged.
            OSError: it cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.code, self.journal = code, folder / _JOURNAL
        self.certificate, self._version = "", version
        self._path = folder / f"class-{code.id}.json"
        self.chain = folder / f"class-{code.id}.chain.jsonl"
        self.is_new = not self._path.exists()
        self._lock = os.open(self.chain, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.taken = False
        except BlockingIOError:
            self.taken = True
            return
        self._agreed = not self.is_new
        if self.is_new:
            self._key, self.nickname = SeatKey(), nickname
        else:
            self._load()
        self._head, self._read_up_to = "", 0
        self._sealed = self._read(origin(code.id, self._key.public, version))

    @property
    def id(self) -> str:
        return seat_of(self._key.public)

    @property
    def agreed(self) -> bool:
        """Whether the learner has agreed to what is sent."""
        return self._agreed

    def agree(self) -> None:
        """Note that the learner has agreed; before that there is nothing on the disk, and nothing is sealed."""
        self._agreed = True
        self._save()

    def request(self) -> dict[str, str]:
        """The signed request for the seat."""
        asked = {"public": self._key.public, "nickname": self.nickname, "secret": self.code.secret}
        asked["lesson"] = self._version
        return {**asked, "signature": self._key.sign(asked)}

    def after(self, seq: int, limit: int) -> list[dict[str, Any]]:
        """At most `limit` entries behind the one of that number."""
        return [sealed.document() for sealed in self._sealed[seq : seq + limit]]

    def __len__(self) -> int:
        return len(self._sealed)

    def catch_up(self) -> int:
        """Seal what is new in the journal; how many entries that were."""
        try:
            content = self.journal.read_bytes()
        except OSError:
            return 0
        read = self._read_up_to if self._read_up_to <= len(content) else 0
        whole = content[read : content.rfind(b"\n") + 1]
        fresh: list[Sealed] = []
        position = read
        for line in whole.splitlines(keepends=True):
            position += len(line)
            entry = _told(line)
            if entry is None:
                continue
            last = fresh[-1] if fresh else None
            seq, previous = (last.seq, last.hash) if last else (len(self._sealed), self._head)
            fresh.append(seal(self._key, seq + 1, previous, {**entry, "journal": position}))
        if fresh:
            os.write(self._lock, "".join(json.dumps(sealed.document()) + "\n" for sealed in fresh).encode())
            os.fsync(self._lock)
            self._sealed += fresh
            self._head = fresh[-1].hash
        self._read_up_to = position
        return len(fresh)

    def close(self) -> None:
        os.close(self._lock)

    def _save(self) -> None:
        self._path.touch(mode=0o600)
        kept = {"key": self._key.secret, "nickname": self.nickname, "code": str(self.code)}
        descriptor = os.open(self._path, os.O_WRONLY | os.O_TRUNC)
        with os.fdopen(descriptor, "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())

    def _load(self) -> None:
        try:
            kept = json.loads(self._path.read_text())
            self._key, self.nickname = SeatKey.load(kept["key"]), str(kept["nickname"])
        except (ValueError, KeyError, TypeError) as error:
            raise ClassError(
                f"the seat in {self._path} is damaged", "delete that file to take a new seat; the journal is kept"
            ) from error

    def _read(self, start: str) -> list[Sealed]:
        """The chain as far as it hangs together; what a killed process tore off is sealed again from the journal."""
        found: list[Sealed] = []
        whole, self._head, self._read_up_to = 0, start, 0
        for line in self.chain.read_bytes().splitlines(keepends=True):
            try:
                sealed = Sealed.read(json.loads(line))
            except ValueError:
                break
            if not line.endswith(b"\n") or sealed.previous != self._head:
                break
            found.append(sealed)
            whole, self._head = whole + len(line), sealed.hash
            self._read_up_to = int(sealed.entry.get("journal", 0))
        os.ftruncate(self._lock, whole)
        return found


def _told(line: bytes) -> Mapping[str, Any] | None:
    """What the class is told of a line of the journal; None for nothing."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    if not isinstance(entry, dict) or entry.get("event") not in SHOWN:
        return None
    told = {name: redact(value) if isinstance(value, str) else value for name, value in entry.items()}
    # A saved state's whole position is the learner's own affair; that they went back is what counts.
    told.pop("position", None)
    return told
