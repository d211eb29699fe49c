"""The desk through a shared folder, for rooms without a network.

    DROP/ID/SEAT/join.json      the learner's request for a seat
    DROP/ID/SEAT/chain.jsonl    the learner's whole chain, one entry a line
    DROP/ID/SEAT/answer.json    the desk's: enrolment, receipt, or why it refuses

ID is the class's. Each file has one writer, and is put in place whole. Nothing in it is trusted: what comes out of the
folder goes through the same checks as what comes over TLS.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from liqolab.classroom.desk import Desk, RefusedError
from liqolab.classroom.signing import seat_of

JOIN, CHAIN, ANSWER = "join.json", "chain.jsonl", "answer.json"


def write_whole(path: Path, content: str) -> None:
    """Put a file in place in one move; readers see the old one or the new one."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(content)
    beside.replace(path)


def read_drop(desk: Desk, drop: Path) -> None:
    """Take in what every seat has left in the folder, and answer; what cannot be read now is read the next time."""
    with contextlib.suppress(OSError):
        for folder in sorted((drop / desk.store.id).iterdir()):
            with contextlib.suppress(OSError):
                _read_seat(desk, folder)


def _read_seat(desk: Desk, folder: Path) -> None:
    try:
        request = json.loads((folder / JOIN).read_text())
        answer: dict[str, Any] = desk.join(request)
        # The folder's name says nothing: the seat follows from the key.
        seat = seat_of(str(request["public"]))
        chain = folder / CHAIN
        if chain.exists():
            # A line that is still being copied is read whole the next time.
            whole = chain.read_text().rpartition("\n")[0]
            answer |= desk.take(seat, [json.loads(line) for line in whole.splitlines()])
    except RefusedError as error:
        answer = {"error": str(error), "hint": error.hint}
    except (ValueError, TypeError, AttributeError, KeyError):
        answer = {"error": "what lies in the folder is not a learner's", "hint": ""}
    text = json.dumps(answer)
    path = folder / ANSWER
    if not path.exists() or path.read_text() != text:
        write_whole(path, text)
