"""Nobody's clusters are taken away unasked: a playground knows the programs that use it, however they end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from liqolab.playground import users
from liqolab.playground.home import Playground
from tests.laboratory import Laboratory, used

_HOLD = (
    "import sys; from liqolab.playground import home, users; users.enter(home.resolve('busy')); print(1, flush=True)"
)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Laboratory]:
    with used(tmp_path) as lab:
        yield lab


@pytest.fixture
def holder(lab: Laboratory) -> Iterator[subprocess.Popen[bytes]]:
    """A program that uses the playground `busy`, until its input ends."""
    command = [sys.executable, "-c", f"{_HOLD}; sys.stdin.read()"]
    with subprocess.Popen(
        command, env=lab.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"1\n"
        yield process


def test_down_of_all_leaves_alone_what_is_used(lab: Laboratory, holder: subprocess.Popen[bytes]) -> None:
    said = lab.liqolab("down", "--all")
    assert f"Playground busy is used by -c (process {holder.pid}).\n  it is left alone" in said
    holder.kill()
    holder.wait()
    assert lab.liqolab("down", "--all") == "Playground busy is down.\n"


@pytest.mark.parametrize("words", [("down", "--all", "--yes"), ("down", "--playground", "busy")])
def test_whoever_says_so_takes_it_down(
    lab: Laboratory, holder: subprocess.Popen[bytes], words: tuple[str, ...]
) -> None:
    assert users.others(Playground("busy", lab.home)) == [users.User(holder.pid, "-c")]
    assert lab.liqolab(*words) == "Playground busy is down.\n"
    assert not (lab.home / "playgrounds").exists()


def test_this_program_is_no_other(tmp_path: Path) -> None:
    playground = Playground("own", tmp_path)
    users.enter(playground)
    users.enter(playground)
    assert users.others(playground) == []
    users.leave(playground)
    assert list((playground.root / "users").iterdir()) == []
