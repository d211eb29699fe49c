"""A learner's journal, sealed: each entry holds the hash of the one before it and the seat's signature.

The first link is made of the class, the seat's key and the version of the lesson, so a chain fits one seat of one class
and one text of the lesson, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from liqolab.classroom.signing import SeatKey, digest

SHOWN = ("light", "entered", "began_anew", "command", "hint", "solved", "passed", "spent", "restored", "forgotten")
"""The events of a journal that a class is told, and no others."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One entry of a journal in its chain.

    Attributes:
        seq: its number, from 1.
        previous: the hash of the entry before it; for the first, `origin`.
        entry: what the journal has, without secrets.
        signature: the seat's, over the hash.
    """

    seq: int
    previous: str
    entry: Mapping[str, Any]
    signature: str

    @property
    def hash(self) -> str:
        """What the next entry refers to."""
        return link(self.seq, self.previous, self.entry)

    def document(self) -> dict[str, Any]:
        return {"seq": self.seq, "previous": self.previous, "entry": dict(self.entry), "signature": self.signature}

    @classmethod
    def read(cls, document: Any) -> Sealed:
        """The entry of a document.

        Raises:
            ValueError: it is not of that shape.
        """
        try:
            found = cls(document["seq"], document["previous"], document["entry"], document["signature"])
        except (KeyError, TypeError) as error:
            raise ValueError("this is no entry of a chain") from error
        texts = (found.previous, found.signature)
        if type(found.seq) is not int or not isinstance(found.entry, dict):
            raise ValueError("this is no entry of a chain")
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("this is no entry of a chain")
        return found


def origin(class_id: str, public: str, lesson: str) -> str:
    """What a seat's first entry refers to; `lesson` is the digest of the lesson's text."""
    return digest(["liqolab.class", class_id, public, lesson])


def link(seq: int, previous: str, entry: Mapping[str, Any]) -> str:
    return digest([seq, previous, dict(entry)])


def seal(key: SeatKey, seq: int, previous: str, entry: Mapping[str, Any]) -> Sealed:
    """The next entry of a chain whose last one has the hash `previous`."""
    return Sealed(seq, previous, dict(entry), key.sign(link(seq, previous, entry)))


def seal_all(key: SeatKey, entries: Iterable[Mapping[str, Any]], seq: int, previous: str) -> list[Sealed]:
    """Several, behind the one with the number `seq` and the hash `previous`."""
    chain = []
    for entry in entries:
        sealed = seal(key, seq + 1, previous, entry)
        chain.append(sealed)
        seq, previous = sealed.seq, sealed.hash
    return chain
