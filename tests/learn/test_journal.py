"""A memory that several faces share and that no kill damages."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest

from liqolab.learn.journal import Journal
from liqolab.learn.progress import Progress

WRITER = """
import sys
from pathlib import Path
from liqolab.learn.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(10**9):
    journal.write("command", step="peer", number=number, text="x" * 300)
    if number == 20:
        print("begun", flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    # Longer than the address of a socket may be.
    return tmp_path / ("deep" * 30) / "journal.jsonl"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path)
    yield journal
    journal.close()


def test_killed_writers_leave_whole_lines_and_lose_none(path: Path, journal: Journal) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "begun\n"
    for writer in writers:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    entries = journal.news()
    for face in {entry["face"] for entry in entries}:
        numbers = [entry["number"] for entry in entries if entry["face"] == face]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > 20
    assert path.stat().st_mode & 0o077 == 0


def test_a_torn_last_line_is_passed_over_and_ended(path: Path, journal: Journal) -> None:
    journal.write("entered", step="provision")
    with path.open("ab") as file:
        file.write(b'{"at":"2030-01-01T00:00:00+00:00","event":"pas')
    assert [entry["event"] for entry in journal.news()] == ["entered"]
    journal.write("passed", step="provision")
    assert [entry["event"] for entry in journal.news()] == ["passed"]


def test_faces_hear_of_each_other_and_outlive_a_killed_one(path: Path, journal: Journal) -> None:
    heard: Queue[str] = Queue()
    other = Journal(path)
    other.on_news(lambda: [heard.put(entry["event"]) for entry in other.news()])
    journal.on_news(lambda: None)
    stale = path.parent / "faces" / "killed"
    bind = "import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(sys.argv[1])"
    subprocess.run([sys.executable, "-c", bind, stale.name], cwd=stale.parent, check=True)
    assert stale.exists()
    journal.write("hint", step="peer", level=1)
    assert heard.get(timeout=10) == "hint"
    assert not stale.exists()
    other.close()
    assert [path.name for path in stale.parent.iterdir()] == [journal.face]


def test_progress_is_what_the_entries_say(journal: Journal) -> None:
    journal.write("entered", step="provision")
    journal.write("light", step="provision", task="provision.1", state="on")
    journal.write("spent", step="provision", seconds=30.5)
    journal.write("hint", step="provision", level=2)
    journal.write("passed", step="provision")
    journal.write("entered", step="peer")
    journal.write("solved", step="peer")
    journal.write("passed", step="peer")
    journal.write("something_of_tomorrow", step="peer")
    for damaged in ("light", "entered", "spent", "hint", "restored", "lock"):
        journal.write(damaged, at="yesterday", seconds=[], level=None, position=3)
    progress = Progress()
    progress.take(journal.news())
    first = progress.step("provision")
    assert progress.current == "peer"
    assert (first.state, first.seconds, first.hints, first.solved) == ("passed", 30.5, 2, False)
    assert first.lights["provision.1"].state == "on"
    assert progress.step("peer").solved
    journal.write("began_anew", step="provision", later=["peer"])
    progress.take(journal.news())
    assert (progress.step("provision").state, progress.step("peer").state) == ("begun", "new")
    assert progress.step("provision").lights == {}
    assert progress.step("provision").seconds == 30.5
