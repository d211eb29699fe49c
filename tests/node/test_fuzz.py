"""Nothing that a manifest contains reaches a shell, a process or a file of the machine: `fuzzing` has tried."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.node.fuzzing import Traps


def fuzz(*arguments: str) -> None:
    command = [sys.executable, "-m", "tests.node.fuzzing", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=900, cwd=Path(__file__).parents[2], check=False
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    assert ": 0 got out" in done.stdout


def test_a_hundred_scripts() -> None:
    fuzz("--scripts", "100", "--seed", "7")


@pytest.mark.journey
def test_two_thousand_more() -> None:
    fuzz("--scripts", "2000", "--seed", "8")


@pytest.mark.journey
@pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace to look at native system calls with")
def test_the_kernel_is_asked_for_nothing() -> None:
    fuzz("--scripts", "300", "--seed", "9", "--strace")


def test_the_traps_are_set(tmp_path: Path) -> None:
    traps = Traps(tmp_path)
    assert not traps.sprung()
    (traps.folder / "deep" / "secret").read_text()
    assert traps.sprung() == ["a canary was touched"]
    socket.create_connection(("127.0.0.1", traps.port)).close()
    assert traps.sprung() == ["somebody has connected to the loopback"]
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert "there are child processes" in traps.sprung()[0]
    child.communicate()
    (traps.folder / "new").touch()
    assert traps.changed()
