"""One walkthrough, several faces: what they see of each other, what is refused, what a killed cluster does."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from liqolab.learn.model import Light
from liqolab.learn.notices import Notice, OutputArrived, ProgressChanged, StepEntered
from liqolab.learn.walkthrough import Walkthrough, WalkthroughError
from liqolab.playground.embedded import process_id
from liqolab.playground.home import Playground
from liqolab.scenario.lesson import load_lesson
from liqolab.scenario.session import close_playground

pytestmark = pytest.mark.embedded


@pytest.fixture
def playground(tmp_path: Path) -> Iterator[Playground]:
    playground = Playground("learn", tmp_path / "home")
    yield playground
    close_playground(playground)


def sit_down(playground: Playground) -> tuple[Walkthrough, Queue[Notice]]:
    walkthrough = Walkthrough(playground, load_lesson("offloading-with-policies"))
    notices: Queue[Notice] = Queue()
    walkthrough.subscribe(notices.put)
    return walkthrough, notices


def until(notices: Queue[Notice], kind: type[Notice]) -> Notice:
    while True:
        notice = notices.get(timeout=30)
        if isinstance(notice, kind):
            return notice


def light(walkthrough: Walkthrough, task: str) -> Light:
    return next(entry for entry in walkthrough.lights() if entry.task.id == task)


def test_opening_starts_no_cluster_and_closing_leaves_no_process(playground: Playground) -> None:
    walkthrough, _ = sit_down(playground)
    assert walkthrough.current == "provision"
    assert not walkthrough.resumed
    assert not walkthrough.kubeconfigs()
    walkthrough.run("echo $$ >bash")
    bash = int((walkthrough.folder / "bash").read_text())
    walkthrough.close()
    walkthrough.close()
    with pytest.raises(ProcessLookupError):
        os.kill(bash, 0)
    again, _ = sit_down(playground)
    assert again.resumed
    again.close()


def test_faces_see_each_others_progress(playground: Playground) -> None:
    one, _ = sit_down(playground)
    other, notices = sit_down(playground)
    hint = one.hint()
    assert hint.kind == "nudge"
    until(notices, ProgressChanged)
    assert other.progress().hints == 1
    one.run("export shared=yes")
    following = other.hint()
    assert following.kind == "concept"
    one.reset()
    until(notices, StepEntered)
    assert one.progress().hints == 2
    one.close()
    other.close()


def test_one_thing_at_a_time_and_an_interrupt_for_it(playground: Playground) -> None:
    walkthrough, notices = sit_down(playground)
    codes: Queue[int] = Queue()
    Thread(target=lambda: codes.put(walkthrough.run("echo begun; cat /dev/zero >/dev/null").code)).start()
    until(notices, OutputArrived)
    for refused in (lambda: walkthrough.run("true"), walkthrough.solve, walkthrough.reset):
        with pytest.raises(WalkthroughError, match="a command is still running"):
            refused()
    assert walkthrough.running
    walkthrough.interrupt()
    assert codes.get(timeout=30) == 130
    with pytest.raises(WalkthroughError, match='there is no step "nowhere"'):
        walkthrough.go_to("nowhere")
    assert not walkthrough.next()
    walkthrough.close()


def test_a_full_disk_is_told_and_the_walk_goes_on(playground: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    walkthrough, _ = sit_down(playground)
    walkthrough.run("true")
    with monkeypatch.context() as patch:
        patch.setattr("liqolab.learn.journal.os.write", full)
        for refused in (lambda: walkthrough.run("true"), walkthrough.hint):
            with pytest.raises(WalkthroughError, match="No space left on device"):
                refused()
    assert walkthrough.run("echo again").code == 0
    hint = walkthrough.hint()
    assert hint.level == 1
    walkthrough.close()


def test_a_killed_cluster_is_a_reason_and_a_reset_takes_all_back(playground: Playground) -> None:
    walkthrough, _ = sit_down(playground)
    assert walkthrough.run("kind create cluster --name venice --kubeconfig liqo_kubeconf_venice; kept=1").code == 0
    assert list(walkthrough.kubeconfigs()) == ["venice"]
    assert walkthrough.save_snapshot("one").clusters == ("venice",)
    walkthrough.settle()
    before = light(walkthrough, "provision.1").reason
    process = process_id(playground.clusters / "venice")
    assert process is not None
    os.kill(process, signal.SIGKILL)
    walkthrough.check()
    killed = light(walkthrough, "provision.1")
    assert killed.state == "off"
    assert killed.reason != before
    assert "venice" in killed.reason
    assert [view.error != "" for view in walkthrough.world().clusters] == [True]
    walkthrough.restore_snapshot("one")
    walkthrough.settle()
    assert light(walkthrough, "provision.1").reason == before
    assert walkthrough.run("test $kept").code == 0
    (walkthrough.folder / "setup.sh").write_text("nonsense")
    walkthrough.reset()
    assert not walkthrough.kubeconfigs()
    assert not (walkthrough.folder / "liqo_kubeconf_venice").exists()
    assert "nonsense" not in (walkthrough.folder / "setup.sh").read_text()
    assert walkthrough.run("test $kept").code == 1
    walkthrough.delete_snapshot("one")
    walkthrough.close()
