"""Whoever changes what a grade rests on is found out; the same entries always give the same score."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from liqolab.certificates import self_signed
from liqolab.classroom.bundles import bundle_of
from liqolab.classroom.chain import origin, seal_all
from liqolab.classroom.desk import Desk, RefusedError
from liqolab.classroom.grading import grade_class
from liqolab.classroom.lessons import outline_of, version_of
from liqolab.classroom.signing import SeatKey, digest, fingerprint_of_pem, sign_as_desk
from liqolab.classroom.store import Store

LESSON = "offloading-with-policies"
FIRST = "provision"

Bundle = dict[str, Any]


class Class:
    """A desk with two learners, of whom the first has done the first step and part of the second."""

    def __init__(self) -> None:
        self.outline = outline_of(LESSON)
        self.version = version_of(self.outline)
        self.store = Store.create("networks-101", self.outline, self.version)
        self.fingerprint = fingerprint_of_pem(self.store.certificate)
        self.desk = Desk(self.store)
        self.keys = {"mallory": SeatKey(), "ada": SeatKey()}
        self.hour = datetime.now(UTC) - timedelta(hours=1)
        for nickname in self.keys:
            self.join(nickname)
            self.send(nickname, self.work(nickname))

    def join(self, nickname: str) -> None:
        key = self.keys[nickname]
        asked = {"public": key.public, "nickname": nickname, "secret": self.store.secret, "lesson": self.version}
        self.desk.join({**asked, "signature": key.sign(asked)})

    def seat(self, nickname: str) -> str:
        from liqolab.classroom.signing import seat_of

        return seat_of(self.keys[nickname].public)

    def entry(self, minute: float, event: str, **values: Any) -> dict[str, Any]:
        return {"at": (self.hour + timedelta(minutes=minute)).isoformat(), "event": event, "face": "f", **values}

    def work(self, nickname: str) -> list[dict[str, Any]]:
        first, second = self.outline["steps"][:2]
        tasks = first["tasks"] + (second["tasks"][:1] if nickname == "ada" else [])
        entries = [self.entry(0, "entered", step=FIRST), self.entry(1, "command", step=FIRST, text=nickname, code=0)]
        entries += [
            self.entry(2 + n / 10, "light", step=FIRST, task=task, state="on") for n, task in enumerate(first["tasks"])
        ]
        entries.append(self.entry(5, "passed", step=FIRST))
        entries.append(self.entry(6, "entered", step=second["id"]))
        entries += [
            self.entry(7, "light", step=second["id"], task=task, state="on") for task in tasks[len(first["tasks"]) :]
        ]
        return entries

    def send(self, nickname: str, entries: list[dict[str, Any]]) -> None:
        """What the learner's own key seals, through the desk: a forger may write what they like into their journal."""
        seat, key = self.seat(nickname), self.keys[nickname]
        head = self.store.head(seat, origin(self.store.id, key.public, self.version))
        self.desk.take(seat, [item.document() for item in seal_all(key, entries, head.seq, head.hash)])

    def bundle(self) -> Bundle:
        # As it comes out of a file.
        found: Bundle = json.loads(json.dumps(bundle_of(self.store)))
        return found

    def resealed(self, bundle: Bundle, entries: list[dict[str, Any]], key: SeatKey | None = None) -> None:
        mallory = self.keys["mallory"]
        start = origin(self.store.id, mallory.public, self.version)
        chain = seal_all(key or mallory, entries, 0, start)
        bundle["seats"][0]["events"] = [item.document() for item in chain]

    def more(self) -> dict[str, Any]:
        second = self.outline["steps"][1]
        return self.entry(8, "light", step=second["id"], task=second["tasks"][0], state="on")


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Class]:
    monkeypatch.setenv("LIQOLAB_HOME", str(tmp_path))
    room = Class()
    yield room
    room.store.close()


def entries(bundle: Bundle, seat: int = 0) -> list[dict[str, Any]]:
    return [event["entry"] for event in bundle["seats"][seat]["events"]]


def edit(room: Class, bundle: Bundle) -> None:
    entries(bundle)[1]["text"] = "kubectl get nodes"


def reorder(room: Class, bundle: Bundle) -> None:
    events = bundle["seats"][0]["events"]
    events[1], events[2] = events[2], events[1]


def splice(room: Class, bundle: Bundle) -> None:
    """An entry of one's own, rightly signed, in the middle."""
    events = bundle["seats"][0]["events"]
    (between,) = seal_all(room.keys["mallory"], [room.more()], 2, "0" * 64)
    events.insert(2, between.document())


def drop(room: Class, bundle: Bundle) -> None:
    del bundle["seats"][0]["events"][2]


def copy_a_neighbour(room: Class, bundle: Bundle) -> None:
    bundle["seats"][0]["events"] = copy.deepcopy(bundle["seats"][1]["events"])


def seal_a_neighbours_work_oneself(room: Class, bundle: Bundle) -> None:
    room.resealed(bundle, copy.deepcopy(entries(bundle, 1)))


def trade_places(room: Class, bundle: Bundle) -> None:
    """The neighbour's chain and receipts under one's own enrolment."""
    bundle["seats"][0] |= {name: copy.deepcopy(bundle["seats"][1][name]) for name in ("events", "receipts")}


def truncate(room: Class, bundle: Bundle) -> None:
    """A mishap at the end disappears, and the desk's receipt with it."""
    bundle["seats"][0]["events"].pop()
    bundle["seats"][0]["receipts"] = []


def forge_the_nickname(room: Class, bundle: Bundle) -> None:
    bundle["seats"][1]["enrolment"]["nickname"] = "mallory"


def hash_anew_without_the_seats_key(room: Class, bundle: Bundle) -> None:
    room.resealed(bundle, [*entries(bundle), room.more()], SeatKey())


def sign_anew_without_the_desk(room: Class, bundle: Bundle) -> None:
    room.resealed(bundle, [*entries(bundle), room.more()])


def forge_a_receipt(room: Class, bundle: Bundle) -> None:
    room.resealed(bundle, [*entries(bundle), room.more()])
    last = bundle["seats"][0]["events"][-1]
    receipt = bundle["seats"][0]["receipts"][-1]["receipt"]
    receipt |= {"seq": last["seq"], "hash": digest([last["seq"], last["previous"], last["entry"]])}
    bundle["manifest"]["seats"][receipt["seat"]] = [receipt["seq"], receipt["hash"]]


def be_the_desk(room: Class, bundle: Bundle) -> None:
    """Everything signed anew, by a desk of the forger's."""
    pair = self_signed("networks-101.class.liqolab")
    bundle["certificate"] = pair.certificate.decode()
    bundle["signature"] = sign_as_desk(pair.key.decode(), bundle["manifest"])


def take_another_lesson(room: Class, bundle: Bundle) -> None:
    """One with fewer tasks, all of which are done."""
    bundle["outline"]["steps"] = bundle["outline"]["steps"][:1]


def leave_somebody_out(room: Class, bundle: Bundle) -> None:
    del bundle["seats"][1]


def set_the_clock_back(room: Class, bundle: Bundle) -> None:
    room.send("mallory", [{**room.more(), "at": (room.hour - timedelta(days=1)).isoformat()}])
    bundle |= room.bundle()


def set_the_clock_forward(room: Class, bundle: Bundle) -> None:
    room.send("mallory", [{**room.more(), "at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}])
    bundle |= room.bundle()


def replay(room: Class, bundle: Bundle) -> None:
    """Lines of one's own journal once more, sealed anew and sent."""
    room.send("mallory", [{**entries(bundle)[-1], "journal": 10**6}])
    bundle |= room.bundle()


def fake_a_check(room: Class, bundle: Bundle) -> None:
    """A line in one's own journal that says that a step is passed."""
    room.send("mallory", [room.entry(9, "passed", step=room.outline["steps"][1]["id"])])
    bundle |= room.bundle()


FORGERIES: dict[Callable[[Class, Bundle], None], str] = {
    edit: "entry 2 does not bear the seat's signature",
    reorder: "entry 2 is missing, or the order is another",
    splice: "entry 3 does not follow from the one before it",
    drop: "entry 3 is missing",
    copy_a_neighbour: "entry 1 does not follow from the one before it",
    seal_a_neighbours_work_oneself: "otherwise than the desk saw it end",
    trade_places: "a receipt is another seat's",
    truncate: "otherwise than the desk saw it end",
    forge_the_nickname: "the enrolment (key, nickname) is not the one that the desk signed",
    hash_anew_without_the_seats_key: "does not bear the seat's signature",
    sign_anew_without_the_desk: "the desk has not signed for what comes after",
    forge_a_receipt: "the list of seats is not the one that the desk signed",
    be_the_desk: "signed by another desk",
    take_another_lesson: "another version than the class worked on",
    leave_somebody_out: "is missing",
    set_the_clock_back: "the clock was set back",
    set_the_clock_forward: "later than the desk had it",
    replay: "once more",
    fake_a_check: "there is no check of",
}


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_forgery_is_found_and_named(room: Class, forge: Callable[[Class, Bundle], None]) -> None:
    bundle = room.bundle()
    assert not grade_class(bundle, room.fingerprint).is_forged
    forge(room, bundle)
    graded = grade_class(bundle, room.fingerprint)
    assert graded.is_forged
    found = [*graded.findings, *(finding for result in graded.results for finding in result.findings)]
    assert any(FORGERIES[forge] in finding for finding in found), found


def test_the_desk_itself_refuses_a_fork(room: Class) -> None:
    key, seat = room.keys["mallory"], room.seat("mallory")
    start = origin(room.store.id, key.public, room.version)
    other = seal_all(key, [room.more()], 0, start)
    with pytest.raises(RefusedError, match="forked"):
        room.desk.take(seat, [item.document() for item in other])


def test_what_is_sent_again_counts_once(room: Class) -> None:
    seat = room.seat("ada")
    before = room.store.events(seat)
    room.desk.take(seat, before + before)
    assert room.store.events(seat) == before


def test_points_are_told_with_their_reasons_and_are_the_same_again(room: Class) -> None:
    first, second = room.outline["steps"][:2]
    bundle = room.bundle()
    mallory, ada = grade_class(bundle, room.fingerprint).results
    assert (mallory.score, ada.score) == (len(first["tasks"]), len(first["tasks"]) + 1)
    assert ada.most == sum(len(step["tasks"]) for step in room.outline["steps"])
    assert ada.reasons[0].startswith(f"{second['id']}: 1 of {len(second['tasks'])}, never found done: ")
    room.send("mallory", [room.entry(8, "solved", step=second["id"]), {**room.more(), "at": room.entry(9, "")["at"]}])
    again = grade_class(room.bundle(), room.fingerprint).results[0]
    assert again.score == mallory.score
    assert f"the lab typed the solution of {second['tasks'][0]}" in again.reasons[0]
    assert grade_class(bundle, room.fingerprint).results == (mallory, ada)


@pytest.mark.parametrize("damage", [[], {}, {"manifest": 3}, {"seats": [{}], "manifest": {}}, "text", None])
def test_what_is_no_bundle_is_said_to_be_none(room: Class, damage: Any) -> None:
    assert grade_class(damage, room.fingerprint).is_forged
