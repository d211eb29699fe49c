"""The learner's side of taking part: a thread that seals the journal and brings the chain to the desk.

Nothing that a learner does waits for it. Where there is no network it goes on sealing, and begins again where the desk
says that it stands; where the desk refuses, it says so once and stops.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

from liqolab.classroom.codes import Code
from liqolab.classroom.dropping import ANSWER, CHAIN, JOIN, write_whole
from liqolab.classroom.errors import ClassError
from liqolab.classroom.seat import Seat
from liqolab.classroom.signing import fingerprint, fingerprint_of_pem, signed_by_desk

_LOOK_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 15.0
_TIMEOUT_SECONDS = 5.0
_BATCH = 500

Road = Callable[[Seat, int], int]
"""Brings what lies behind a number to the desk; answers how far the desk is then.

Raises `OSError` where there is no way now, and `ClassError` where there never will be.
"""


def over_tls(code: Code) -> Road:
    """To the address in the code, if it has the certificate of the code."""
    joined = False

    def send(seat: Seat, acknowledged: int) -> int:
        nonlocal joined
        connection = _connected(code)
        try:
            if not joined:
                acknowledged = _answer(seat, _post(connection, "/join", seat.request()))
                joined = True
            while events := seat.after(acknowledged, _BATCH):
                answer = _answer(seat, _post(connection, f"/events/{seat.id}", {"events": events}))
                if answer <= acknowledged:
                    return answer
                acknowledged = answer
            return acknowledged
        finally:
            connection.close()

    return send


def over_folder(code: Code, drop: Path) -> Road:
    """Into a folder that the desk reads, on a share or on a stick that is carried."""
    left = 0

    def send(seat: Seat, acknowledged: int) -> int:
        nonlocal left
        folder = drop / code.id / seat.id
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / JOIN).exists():
            write_whole(folder / JOIN, json.dumps(seat.request()))
        if left < len(seat):
            write_whole(folder / CHAIN, seat.chain.read_text())
            left = len(seat)
        path = folder / ANSWER
        if not path.exists():
            return 0
        try:
            answer = json.loads(path.read_text())
        except ValueError:
            return acknowledged
        if fingerprint_of_pem(answer.get("certificate", "")) != code.fingerprint and "error" not in answer:
            raise ClassError("what answers in the shared folder is not the desk of this class")
        return _answer(seat, answer)

    return send


@contextlib.contextmanager
def taking_part(seat: Seat, road: Road, say: Callable[[str], None]) -> Iterator[None]:
    """Bring the journal to the desk while the block lasts, and once more at its end."""
    over = Event()
    thread = Thread(target=_go_on, args=(seat, road, say, over), name="class", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _go_on(seat: Seat, road: Road, say: Callable[[str], None], over: Event) -> None:
    acknowledged, wait, pause, begun, last = 0, _LOOK_SECONDS, 0.0, False, False
    while True:
        seat.catch_up()
        pause -= _LOOK_SECONDS
        if last or ((not begun or acknowledged < len(seat)) and pause <= 0):
            try:
                acknowledged, begun = road(seat, acknowledged), True
                wait = _LOOK_SECONDS
            except (OSError, http.client.HTTPException):
                wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
                pause = wait
            except ClassError as error:
                say(f"{error}. {error.hint}".rstrip(" ."))
                return
        if last:
            if acknowledged < len(seat):
                say(f"{len(seat) - acknowledged} events are not yet at the desk; they go there the next time.")
            return
        last = over.wait(_LOOK_SECONDS)


def _connected(code: Code) -> http.client.HTTPSConnection:
    """A connection to whoever has the certificate, before anything was said."""
    # No authority vouches for the desk: the fingerprint does, and is compared before the first word.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(code.host, code.port, timeout=_TIMEOUT_SECONDS, context=context)
    connection.connect()
    presented = connection.sock.getpeercert(binary_form=True) if isinstance(connection.sock, ssl.SSLSocket) else None
    if presented is None or fingerprint(presented) != code.fingerprint:
        connection.close()
        raise ClassError(
            f"{code.host}:{code.port} is not the desk of this class: its certificate has another fingerprint",
            "nothing was sent; ask for the line that the instructor's screen shows now",
        )
    return connection


def _post(connection: http.client.HTTPSConnection, path: str, document: Any) -> dict[str, Any]:
    connection.request("POST", path, json.dumps(document), {"Content-Type": "application/json"})
    try:
        answer = json.loads(connection.getresponse().read())
    except ValueError as error:
        raise OSError("the desk broke off") from error
    return answer if isinstance(answer, dict) else {}


def _answer(seat: Seat, answer: dict[str, Any]) -> int:
    """How far the desk says that it is, if it can sign for that."""
    if "error" in answer:
        raise ClassError(f"the desk refuses: {answer['error']}", str(answer.get("hint", "")))
    seat.certificate = answer.get("certificate", seat.certificate)
    signed = answer.get("receipt")
    if signed is None:
        return 0
    try:
        receipt = signed["receipt"]
        if signed_by_desk(seat.certificate, receipt, signed["signature"]) and receipt["seat"] == seat.id:
            return int(receipt["seq"])
    except (KeyError, TypeError, ValueError):
        pass
    raise ClassError("the receipt is not signed by the desk of this class")
