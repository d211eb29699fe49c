"""A class in one file that anybody can judge: what learners sent, what the desk signed, and the outline of the lesson.

The manifest says how long each chain is and how it ends, signed by the desk: what is cut off, with the receipts for it,
is missed.
"""

from __future__ import annotations

from typing import Any

from liqolab.classroom.errors import ClassError
from liqolab.classroom.signing import fingerprint_of_pem, sign_as_desk
from liqolab.classroom.store import Store, folder, now

FORMAT = "liqolab.class/1"


def bundle_of(store: Store) -> dict[str, Any]:
    """The bundle of a class as it is now; JSON."""
    seats: list[dict[str, Any]] = []
    ends: dict[str, Any] = {}
    for seat in store.seats():
        receipts = store.receipts(seat)
        # What comes in meanwhile is for the next bundle.
        last: dict[str, Any] = receipts[-1]["receipt"] if receipts else {"seq": 0, "hash": ""}
        events = store.events(seat)[: last["seq"]]
        seats.append({**(store.enrolment(seat) or {}), "events": events, "receipts": receipts})
        ends[seat] = [last["seq"], last["hash"]]
    manifest = {"class": store.id, "name": store.name, "lesson": store.version, "at": now(), "seats": ends}
    return {
        "format": FORMAT,
        "certificate": store.certificate,
        "outline": store.outline,
        "seats": seats,
        "manifest": manifest,
        "signature": sign_as_desk(store.key, manifest),
    }


def fingerprint_kept(bundle: Any) -> str | None:
    """The fingerprint of the class that a bundle says it is of, from this machine's own file of it."""
    manifest = bundle.get("manifest") if isinstance(bundle, dict) else None
    wanted = manifest.get("class") if isinstance(manifest, dict) else None
    for path in sorted(folder().glob("*.sqlite")):
        try:
            store = Store(path)
        except ClassError:
            continue
        found, certificate = store.id, store.certificate
        store.close()
        if found == wanted:
            return fingerprint_of_pem(certificate)
    return None
