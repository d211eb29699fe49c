"""On a real terminal: starting and leaving, and a terminal that shrinks or goes away."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from liqolab import installed
from tests.tui.pty_screen import PtyScreen

_GREYS = {0, 7, 8, 15, 16, 59, 102, 145, 188, 231, *range(232, 256)}
"""The numbers of black, white, and what is between, among a terminal's 256 colours."""

_START = """
import sys
from liqolab.learn.opening import Arguments
from liqolab_tui.main import main
sys.exit(main(Arguments({!r})))
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    settings = {
        "LIQOLAB_HOME": str(tmp_path / "home"),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "SHELL": "bash",
    }
    # A worker of the tests may be told a size, which would hide that of the terminal.
    outer = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    return {**outer, **settings, "PYTHONPATH": path, "XDG_CONFIG_HOME": str(tmp_path)}


def started(environment: dict[str, str]) -> PtyScreen:
    return PtyScreen(["-c", _START.format("offloading-with-policies")], environment)


def test_a_person_starts_looks_around_and_leaves(environment: dict[str, str]) -> None:
    with started(environment) as terminal:
        terminal.until("Tasks 0/6")
        terminal.resize(40, 10)
        terminal.until("too small")
        terminal.resize(100, 30)
        terminal.until("Provision the playground")
        terminal.press("\x1a")
        terminal.until("This is the lesson's shell")
        terminal.press("echo $((6*7)) ${PWD##*/}\r")
        terminal.until("42 offloading-with-policies")
        terminal.press("exit\r")
        # A key that comes before the interface has the terminal back may be lost.
        terminal.until(lambda _: terminal.raw.count(b"\x1b[?1049h") == 2)
        # What was on the screen before may still be there; an answer to a key shows that the interface is back.
        terminal.press("v")
        terminal.until("No clusters yet")
        terminal.press("\x11")
        assert terminal.end() == 0
        assert f"Come back with: {installed.command('learn')}" in terminal.text
        assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize(
    "content",
    [
        # A mouse in the old protocol; other encodings; sequences that are broken off, and numbers that are none.
        b"\x1b[M \xc8@",
        b"\xff\xfe\x00\x80\x9b31m caff\xe8 " + bytes(range(128, 256)),
        b"\x1b[<0;99999999999999999999;1M\x1b[<;;M\x1b[48;0;0;0;0t\x1b[1114112;5u\x1b[55296u\x1b[9999999R\x1b[?;$y",
        b"\x1b[200~\x89PNG\x00\xff\x1b[31m\xc3\x28\x1b[201~\x1bP\xff\x1b\\\x1b]52;c;\xff\x07",
    ],
    ids=["legacy mouse", "no UTF-8", "broken sequences", "pasted binary"],
)
def test_no_bytes_end_it(content: bytes, environment: dict[str, str]) -> None:
    with started(environment) as terminal:
        terminal.until("Tasks 0/6")
        terminal.press(content)
        # Whatever that opened is closed, and a key does what it did before.
        terminal.press("\x1b")
        terminal.press("\x11")
        assert terminal.end() == 0
        assert f"Come back with: {installed.command('learn')}" in terminal.text
        assert b"Traceback" not in terminal.raw


def test_a_crash_is_a_sentence_and_a_failure(environment: dict[str, str]) -> None:
    broken = "import liqolab_tui.terminal as t\nt.LenientDriver.run_input_thread = lambda self: 1 / 0\n"
    with PtyScreen(["-c", broken + _START.format("offloading-with-policies")], environment) as terminal:
        assert terminal.end() == 1
        assert "Something went wrong" in terminal.text
        assert "ZeroDivisionError: division by zero" in terminal.text
        assert b"Traceback" not in terminal.raw
    assert "ZeroDivisionError" in (Path(environment["LIQOLAB_HOME"]) / "tui.log").read_text()


def test_a_lesson_that_is_not_there_is_told_without_a_traceback(environment: dict[str, str]) -> None:
    with PtyScreen(["-c", _START.format("nothing")], environment) as terminal:
        terminal.until("there is no lesson")
        terminal.press("q")
        assert terminal.end() == 0 and b"Traceback" not in terminal.raw


def test_a_terminal_that_goes_away_ends_it_and_leaves_no_process(environment: dict[str, str]) -> None:
    with started(environment) as terminal:
        terminal.until("Tasks 0/6")
        terminal.press("t")
        terminal.until("^c interrupt")
        terminal.press("sleep 1000\r")
        terminal.until("stops it")
        session = terminal.child.pid
        assert terminal.hang_up() == 128 + signal.SIGHUP
        assert not [pid for pid in _processes() if _session_of(pid) == session]
    assert "Traceback" not in "".join(path.read_text() for path in Path(environment["LIQOLAB_HOME"]).glob("*.log"))


def test_a_request_to_end_is_heeded(environment: dict[str, str]) -> None:
    with started({**environment, "NO_COLOR": "1"}) as terminal:
        terminal.until("Tasks 0/6")
        assert b"8;2;" not in terminal.raw
        assert {int(colour) for colour in re.findall(rb"[34]8;5;(\d+)", terminal.raw)} <= _GREYS
        terminal.child.kill(signal.SIGTERM)
        assert terminal.end() == 128 + signal.SIGTERM
        assert "Come back with" in terminal.text


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return 0
