"""What of a bundle is not as the learner's seat sealed it and the desk saw it.

It needs the bundle and the desk's fingerprint, and trusts nothing else: not the file's order, not its names, and of two
texts that contradict each other the signed one. `docs/explanation/what-a-grade-proves.md` says what this cannot find.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from liqolab.classroom.chain import Sealed, origin
from liqolab.classroom.signing import digest, fingerprint_of_pem, seat_of, signed_by_desk, signed_by_seat

_CLOCKS_DIFFER = timedelta(minutes=5)
"""Between a laptop and the desk: as much as certificates forgive."""

_OUT_OF_STEP = timedelta(seconds=5)
"""Within one journal: faces that write at the same time take their time before they take their turn."""


def of_class(bundle: Any, fingerprint: str) -> list[str]:
    """What is wrong with the bundle as a whole; nothing of a seat can be believed unless this is empty."""
    try:
        certificate, manifest = bundle["certificate"], bundle["manifest"]
        if fingerprint_of_pem(certificate) != fingerprint:
            return ["the bundle is signed by another desk than that of the class"]
        if not signed_by_desk(certificate, manifest, bundle["signature"]):
            return ["the list of seats is not the one that the desk signed"]
        if digest(bundle["outline"]) != manifest["lesson"]:
            return ["the lesson is another version than the class worked on"]
        present = [seat["enrolment"]["seat"] for seat in bundle["seats"]]
        missing = [f"seat {seat} is missing" for seat in manifest["seats"] if seat not in present]
        return missing + [f"seat {seat} is there twice" for seat in set(present) if present.count(seat) > 1]
    except (KeyError, TypeError, ValueError, AttributeError):
        return ["this is not a bundle of a class, or parts of it are missing"]


def of_seat(bundle: Any, seat: Any) -> list[str]:
    """What is wrong with one of its seats."""
    try:
        return list(_of_seat(bundle, seat))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return ["parts of the seat are missing or damaged"]


def _of_seat(bundle: Any, seat: Any) -> Iterator[str]:
    enrolment, manifest = seat["enrolment"], bundle["manifest"]
    if not signed_by_desk(bundle["certificate"], enrolment, seat["signature"]):
        yield "the enrolment (key, nickname) is not the one that the desk signed"
        return
    if enrolment["class"] != manifest["class"] or enrolment["seat"] != seat_of(enrolment["public"]):
        yield "the enrolment is of another class"
        return
    if enrolment["lesson"] != manifest["lesson"]:
        yield "the seat worked on another version of the lesson"
    chain = [Sealed.read(document) for document in seat["events"]]
    broken = list(_links(chain, enrolment))
    yield from broken[:1]
    yield from _receipts(bundle, seat, chain)
    yield from _clock(seat, chain)
    yield from _replays(chain)
    yield from _checks(bundle["outline"], chain)


def _links(chain: list[Sealed], enrolment: Any) -> Iterator[str]:
    previous = origin(enrolment["class"], enrolment["public"], enrolment["lesson"])
    for number, sealed in enumerate(chain, 1):
        if sealed.seq != number:
            yield f"entry {number} is missing, or the order is another"
        if sealed.previous != previous:
            yield f"entry {number} does not follow from the one before it"
        if not signed_by_seat(enrolment["public"], sealed.hash, sealed.signature):
            yield f"entry {number} does not bear the seat's signature"
        previous = sealed.hash


def _receipts(bundle: Any, seat: Any, chain: list[Sealed]) -> Iterator[str]:
    """The desk's own word for how the chain was at which time."""
    own = bundle["manifest"]["seats"].get(seat["enrolment"]["seat"])
    end = [len(chain), chain[-1].hash if chain else ""]
    if own != end:
        yield f"the chain ends at entry {end[0]} otherwise than the desk saw it end, at entry {own[0] if own else 0}"
    covered = 0
    for signed in seat["receipts"]:
        receipt = signed["receipt"]
        if not signed_by_desk(bundle["certificate"], receipt, signed["signature"]):
            yield "a receipt is not signed by the desk"
        elif receipt["class"] != bundle["manifest"]["class"] or receipt["seat"] != seat["enrolment"]["seat"]:
            yield "a receipt is another seat's"
        elif receipt["seq"] > len(chain) or chain[receipt["seq"] - 1].hash != receipt["hash"]:
            yield f"the desk saw another entry {receipt['seq']} at {receipt['at']}"
        covered = max(covered, receipt["seq"])
    if covered != len(chain):
        yield f"the desk has not signed for what comes after entry {covered}"


def _clock(seat: Any, chain: list[Sealed]) -> Iterator[str]:
    """Time goes forward, and nothing happened after the desk had it."""
    seen = [(signed["receipt"]["seq"], datetime.fromisoformat(signed["receipt"]["at"])) for signed in seat["receipts"]]
    before: datetime | None = None
    for sealed in chain:
        at = datetime.fromisoformat(sealed.entry["at"])
        if before is not None and at < before - _OUT_OF_STEP:
            yield f"the clock was set back at entry {sealed.seq}, by {before - at}"
        before = at if before is None else max(before, at)
        arrived = next((moment for seq, moment in seen if seq >= sealed.seq), None)
        if arrived is not None and at > arrived + _CLOCKS_DIFFER:
            yield f"entry {sealed.seq} says that it is later than the desk had it; the clock was wrong"
            return


def _replays(chain: list[Sealed]) -> Iterator[str]:
    """No line of a journal has been there before, whatever place in the journal it claims."""
    known: dict[str, int] = {}
    for sealed in chain:
        told = digest({name: value for name, value in sealed.entry.items() if name != "journal"})
        if told in known:
            yield f"entry {sealed.seq} is entry {known[told]} once more"
        known.setdefault(told, sealed.seq)


def _checks(outline: Any, chain: list[Sealed]) -> Iterator[str]:
    """A step is passed when each of its tasks was found done, and in no other way."""
    tasks = {step["id"]: set(step["tasks"]) for step in outline["steps"]}
    found: dict[str, set[str]] = {step: set() for step in tasks}
    entered: set[str] = set()
    for sealed in chain:
        entry = sealed.entry
        event, step = entry["event"], entry.get("step", "")
        if step and step not in tasks:
            yield f"entry {sealed.seq} is about step {step}, which the lesson does not have"
        elif event in ("entered", "restored"):
            entered.add(step)
        elif event == "light":
            if entry.get("task") not in tasks[step]:
                yield f"entry {sealed.seq} is about a task that step {step} does not have"
            if step not in entered:
                yield f"entry {sealed.seq} judges step {step}, which had not been entered"
            if entry.get("state") == "on":
                found[step].add(str(entry.get("task")))
        elif event == "passed" and found[step] != tasks[step]:
            missing = ", ".join(sorted(tasks[step] - found[step]))
            yield f"entry {sealed.seq} passes step {step}, but there is no check of {missing}"
