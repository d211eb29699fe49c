"""The persistent bash: output as it comes, Ctrl-C from elsewhere, and an end that leaves nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from liqolab.process import Completed, Session


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session({"PATH": os.environ["PATH"]}, tmp_path) as session:
        yield session


def in_background(session: Session, text: str) -> tuple[Queue[str], Queue[Completed]]:
    """Run a command in a thread; its output in pieces, and its end."""
    pieces: Queue[str] = Queue()
    ends: Queue[Completed] = Queue()
    Thread(target=lambda: ends.put(session.run(text, on_output=pieces.put))).start()
    return pieces, ends


def test_output_is_heard_while_the_command_runs(session: Session, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    pieces, ends = in_background(session, "echo first; cat gate; echo last")
    assert pieces.get(timeout=10) == "first\n"
    assert ends.empty()
    gate.write_text("middle\n")
    assert ends.get(timeout=10) == Completed(0, "first\nmiddle\nlast\n")


def test_variables_stay_and_codes_are_told(session: Session) -> None:
    assert session.run("x=17; false").code == 1
    assert session.run("echo $x; (exit 3)") == Completed(3, "17\n")


def test_another_thread_interrupts_what_runs_and_the_bash_lives_on(session: Session) -> None:
    pieces, ends = in_background(session, "kept=1; echo begun; cat /dev/zero >/dev/null")
    assert pieces.get(timeout=10) == "begun\n"
    assert session.interrupt() == 130
    assert ends.get(timeout=10).code == 130
    assert session.run("echo $kept") == Completed(0, "1\n")


def test_ctrl_c_while_nothing_runs_harms_nothing(session: Session) -> None:
    session.interrupt()
    assert session.run("echo whole") == Completed(0, "whole\n")


def test_what_takes_too_long_is_interrupted(session: Session) -> None:
    ended = session.run("echo begun; cat /dev/zero >/dev/null", timeout=0.3)
    assert (ended.code, ended.output, ended.timed_out) == (130, "begun\n", True)
    assert session.run("echo next").output == "next\n"


def test_much_output_and_broken_characters_arrive(session: Session) -> None:
    many = session.run("head -c 5000000 /dev/zero | tr '\\0' x")
    assert len(many.output) == 5_000_000
    assert session.run(r"printf 'caff\xc3\xa8 \xff'").output == "caffè �"


def test_a_job_in_the_background_is_heard_with_the_next_command(session: Session, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    assert session.run("{ cat gate; echo late; } & echo begun").output.endswith("begun\n")
    (tmp_path / "gate").write_text("open\n")
    heard: list[str] = []
    session.run("wait", on_output=heard.append)
    assert "open\nlate\n" in "".join(heard)


def test_a_program_that_wants_the_screen_is_ended_and_told(session: Session) -> None:
    drawn = session.run(r"printf '\e[24;1Hdrawn'; exec 3</dev/tty; cat <&3")
    assert drawn.wanted_screen
    assert drawn.output.startswith("\x1b[24;1Hdrawn")
    keys = session.run("bash -c 'stty -F /dev/tty raw; echo keys >/dev/tty; exec cat /dev/tty'")
    assert (keys.wanted_screen, session.run("echo whole")) == (True, Completed(0, "whole\n"))


def test_what_ignores_ctrl_c_is_ended_by_a_second_one(session: Session) -> None:
    pieces, ends = in_background(session, """bash -c 'trap "" INT; echo begun; exec cat /dev/zero >/dev/null'""")
    assert pieces.get(timeout=10) == "begun\n"
    first = Thread(target=session.interrupt)
    first.start()
    while session.interrupt() == 130 and ends.empty():
        pass
    first.join()
    assert not ends.get(timeout=10).timed_out
    assert session.run("echo whole") == Completed(0, "whole\n")


def test_a_bash_that_ends_itself_tells_its_code(session: Session) -> None:
    assert session.run("echo bye; exit 7") == Completed(7, "bye\n")
    assert not session.alive


def test_closing_ends_what_runs(tmp_path: Path) -> None:
    session = Session({"PATH": os.environ["PATH"]}, tmp_path)
    os.mkfifo(tmp_path / "alive")
    _, ends = in_background(session, "bash -c 'exec 3>alive; exec cat /dev/tty' & exec 3>alive; wait")
    with (tmp_path / "alive").open() as alive:
        session.close()
        # It ends when the last process that has it open is gone.
        assert alive.read() == ""
    ends.get(timeout=10)
    assert not session.alive


def test_closing_ends_what_ignores_the_hang_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "alive")
    session = Session({"PATH": os.environ["PATH"]}, tmp_path)
    Thread(target=lambda: session.run("nohup bash -c 'exec 3>alive; exec cat /dev/zero' >/dev/null 2>&1 &")).start()
    with (tmp_path / "alive").open() as alive:
        session.close()
        assert alive.read() == ""
