"""What learners do reaches the desk, all of it, once, whatever happens to the network, the desk and the learner."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from liqolab.classroom.store import Store
from tests.classroom.conftest import School

LEARNER = Path(__file__).with_name("learner.py")


class Learner:
    def __init__(self, code: str, folder: Path, nickname: str, count: int, drop: str = "") -> None:
        command = [sys.executable, str(LEARNER), code, str(folder), nickname, str(count), *([drop] if drop else [])]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
        )
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()

    def leave(self) -> str:
        said, _ = self.process.communicate("\n")
        return self.first + said


def kept(school: School) -> dict[str, list[str]]:
    """The commands that the desk has, by nickname."""
    found: dict[str, list[str]] = {}
    with contextlib.closing(Store(school.root / "desk/classes/networks-101.sqlite")) as store:
        for seat in store.seats():
            known = store.enrolment(seat)
            assert known is not None
            entries = [event["entry"] for event in store.events(seat)]
            found[known["enrolment"]["nickname"]] = [entry["text"] for entry in entries if entry["event"] == "command"]
    return found


def commands(nickname: str, count: int) -> list[str]:
    return [f"{nickname} {number}" for number in range(count)]


def test_three_learners_reach_the_desk_over_tls(school: School) -> None:
    school.open()
    names = ("ada", "bob", "eve")
    learners = [Learner(school.code, school.root / name, name, 30) for name in names]
    for learner in learners:
        assert learner.leave() == "written\n"
    assert kept(school) == {name: commands(name, 30) for name in names}
    mode = (school.root / "desk/classes/networks-101.sqlite").stat().st_mode
    assert mode & 0o077 == 0


def test_work_without_a_desk_is_brought_later_and_nothing_twice(school: School) -> None:
    school.open()
    port = school.code.split(":")[1].split("/")[0]
    assert Learner(school.code, school.root / "ada", "ada", 3).leave() == "written\n"
    school.kill()
    away = Learner(school.code, school.root / "ada", "ada", 700)
    assert away.first == "written\n"
    away.process.kill()
    away.process.communicate()
    said = Learner(school.code, school.root / "ada", "ada", 2).leave()
    assert "events are not yet at the desk" in said
    school.open()
    assert school.code.split(":")[1].split("/")[0] == port
    assert Learner(school.code, school.root / "ada", "ada", 1).leave() == "written\n"
    texts = kept(school)["ada"]
    assert len(texts) == len(set(texts)) == 706


def test_a_desk_with_another_certificate_is_told_nothing(school: School) -> None:
    school.open()
    wrong = school.code[:-32] + "0" * 32
    said = Learner(wrong, school.root / "ada", "ada", 1).leave()
    assert "is not the desk of this class" in said
    assert "nothing was sent" in said
    assert kept(school) == {}


def test_a_code_of_another_class_is_refused(school: School) -> None:
    school.open()
    *start, secret, prints = school.code.split("/")
    said = Learner("/".join([*start, secret[::-1], prints]), school.root / "ada", "ada", 1).leave()
    assert "the desk refuses: the code is of another class" in said


def test_a_shared_folder_is_enough(school: School) -> None:
    drop = school.root / "share"
    drop.mkdir()
    school.open("--drop", str(drop))
    learner = Learner(school.code, school.root / "ada", "ada", 20, str(drop))
    school.hears("ada has taken a seat.")
    learner.leave()
    # The desk may have looked before the last events lay there; whoever closes it opens it again after lunch.
    school.close()
    (chain,) = drop.glob("*/*/chain.jsonl")
    assert len(chain.read_text().splitlines()) == 21
    school.open("--drop", str(drop))
    again = Learner(school.code, school.root / "ada", "ada", 0, str(drop))
    again.leave()
    school.hears("ada has passed provision.")
    school.close()
    assert kept(school) == {"ada": commands("ada", 20)}
