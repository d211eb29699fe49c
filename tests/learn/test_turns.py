"""Who may act: one at a time, with a reason for whoever is refused; and what is told meanwhile."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from liqolab.learn.journal import Journal
from liqolab.learn.notes import Notes
from liqolab.learn.notices import BusyChanged, Notice
from liqolab.learn.texts import Texts
from liqolab.learn.turns import Turns, WalkthroughError


@pytest.fixture
def turns() -> Turns:
    return Turns(Texts())


def test_who_comes_second_is_refused_until_the_turn_is_over(turns: Turns) -> None:
    with turns.taken():
        with pytest.raises(WalkthroughError, match="a command is still running") as caught, turns.taken():
            pass
        assert caught.value.hint
        with turns.taken_if_free() as free:
            assert not free
    with turns.taken_if_free() as free:
        assert free
        with pytest.raises(WalkthroughError), turns.taken():
            pass
    turns.closed = True
    with turns.taken_if_free() as free:
        assert not free


def test_a_new_turn_is_not_asked_to_stop_and_an_error_gives_it_back(turns: Turns) -> None:
    turns.stopping = True
    with pytest.raises(ZeroDivisionError), turns.taken():
        assert not turns.stopping
        raise ZeroDivisionError
    with turns.taken():
        pass


def test_only_errors_of_the_disk_are_told_as_such(turns: Turns) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/there")
    with pytest.raises(WalkthroughError, match="/there: No space left on device"), turns.taken():
        raise full
    with pytest.raises(OSError, match="Connection refused"), turns.taken():
        raise OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def test_listeners_hear_what_takes_a_moment_until_they_leave(turns: Turns) -> None:
    heard: list[Notice] = []
    leave = turns.subscribe(heard.append)
    with pytest.raises(ZeroDivisionError), turns.busy("busy.saving"):
        raise ZeroDivisionError
    leave()
    turns.tell(BusyChanged("nobody hears this"))
    assert [isinstance(notice, BusyChanged) and bool(notice.text) for notice in heard] == [True, False]


def test_notes_of_one_face_are_read_by_another(turns: Turns, tmp_path: Path) -> None:
    one, other = (Notes(Journal(tmp_path / "journal.jsonl"), turns) for _ in range(2))
    one.note("entered", step="peer")
    one.spend("")
    assert (one.progress.current, other.progress.current) == ("peer", "")
    other.read()
    assert (other.progress.current, other.progress.moves) == ("peer", 1)
    assert len((tmp_path / "journal.jsonl").read_text().splitlines()) == 1
