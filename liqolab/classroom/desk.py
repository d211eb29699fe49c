"""The desk's side of taking part: who takes a seat, what of a chain is accepted, and what is said to it.

The same three answers go over TLS (`serving`) and through a shared folder (`dropping`). A chain is accepted entry by
entry: each has to follow from the one before it and bear the seat's signature, whatever road it came by.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from liqolab.classroom.chain import Sealed, origin
from liqolab.classroom.errors import ClassError
from liqolab.classroom.signing import seat_of, signed_by_seat
from liqolab.classroom.store import Head, Store
from liqolab.steps.failing.redaction import printable

NICKNAME_LIMIT = 40

Heard = Callable[[str, list[Sealed]], None]
"""Told the nickname and what is new of its chain."""


class RefusedError(ClassError):
    """Something that no honest program of a learner's sends."""


class Desk:
    """Answers learners out of a store; for one thread."""

    def __init__(self, store: Store, heard: Heard = lambda nickname, sealed: None) -> None:
        self.store = store
        self._heard = heard

    def join(self, request: Any) -> dict[str, Any]:
        """Take a seat: ``{"secret", "public", "nickname", "lesson", "signature"}``, signed over the others.

        Raises:
            RefusedError: it is not from somebody who was invited, or not signed by the key that it brings.
        """
        asked = {name: str(request.get(name, "")) for name in ("public", "nickname", "secret", "lesson")}
        public, nickname, secret = asked["public"], asked["nickname"], asked["secret"]
        if not hmac.compare_digest(secret.encode(), self.store.secret.encode()):
            raise RefusedError(
                "the code is of another class", "ask for the line that the instructor's screen shows now"
            )
        if not signed_by_seat(public, asked, str(request.get("signature", ""))):
            raise RefusedError("the seat's signature does not fit its key")
        if asked["lesson"] != self.store.version:
            raise RefusedError(
                "the lesson of this installation is not the text that the class works on",
                "install the version of liqolab that the instructor has",
            )
        seat = seat_of(public)
        is_new = self.store.enrolment(seat) is None
        given = self.store.enrol(seat, public, printable(nickname, NICKNAME_LIMIT).strip() or "somebody")
        if is_new:
            self._heard(given["enrolment"]["nickname"], [])
        return {"certificate": self.store.certificate, **given, **self._standing(seat)}

    def take(self, seat: str, documents: Any) -> dict[str, Any]:
        """Accept what is new of a chain; ``{"acknowledged", "receipt"}``.

        What is known already is passed over. What lies beyond a gap is left for the next time: `acknowledged` says
        where the desk is.

        Raises:
            RefusedError: the seat is nobody's, or an entry does not follow from what is known.
        """
        known = self.store.enrolment(seat)
        if known is None:
            raise RefusedError("nobody has taken this seat")
        public = known["enrolment"]["public"]
        start = origin(self.store.id, public, self.store.version)
        head = self.store.head(seat, start)
        kept = head.seq
        fresh: list[Sealed] = []
        for document in documents:
            try:
                sealed = Sealed.read(document)
            except ValueError as error:
                raise RefusedError(str(error)) from error
            if sealed.seq <= head.seq:
                is_kept = sealed.seq <= kept
                _same(sealed, self.store.hash_at(seat, sealed.seq) if is_kept else fresh[sealed.seq - kept - 1].hash)
                continue
            if sealed.seq > head.seq + 1:
                break
            _follows(sealed, head, public)
            fresh.append(sealed)
            head = Head(sealed.seq, sealed.hash)
        self.store.add(seat, fresh)
        if fresh:
            self._heard(known["enrolment"]["nickname"], fresh)
        return self._standing(seat)

    def _standing(self, seat: str) -> dict[str, Any]:
        last = self.store.last_receipt(seat)
        return {"acknowledged": last["receipt"]["seq"] if last else 0, "receipt": last}


def _same(sealed: Sealed, known: str | None) -> None:
    if sealed.hash != known:
        raise RefusedError(f"entry {sealed.seq} is not the one that was sent before: the chain has been forked")


def _follows(sealed: Sealed, head: Head, public: str) -> None:
    """Raise `RefusedError` unless an entry is the next one of the chain that ends with `head`."""
    if sealed.seq != head.seq + 1 or sealed.previous != head.hash:
        raise RefusedError(f"entry {sealed.seq} does not follow from the one before it")
    if not signed_by_seat(public, sealed.hash, sealed.signature):
        raise RefusedError(f"entry {sealed.seq} does not bear the seat's signature")
