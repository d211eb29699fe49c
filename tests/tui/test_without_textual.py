"""Where Textual is not installed, everything else works, and the lesson speaks in lines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.pty_screen import PtyScreen

_BLOCKED = """
import sys


class NoTextual:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("textual", "textual_tty", "rich"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, NoTextual())
import importlib.util

plain = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name.startswith("textual") else plain(name, package)
from liqolab.cli import main

sys.argv = ["liqolab", *sys.argv[1:]]
main()
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    settings = {"LIQOLAB_HOME": str(tmp_path / "home"), "TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONPATH": path}
    return {**os.environ, **settings}


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [(["--help"], "learn "), (["learn", "--plain", "--list"], "Provision the playground"), (["lessons"], "offloading")],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_commands_work(environment: dict[str, str], arguments: list[str], wanted: str) -> None:
    command = [sys.executable, "-c", _BLOCKED, *arguments]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "") and wanted in ended.stdout


def test_the_lesson_says_in_one_line_that_it_is_plain(environment: dict[str, str]) -> None:
    with PtyScreen(["-c", _BLOCKED, "learn"], environment, 120, 80) as terminal:
        terminal.until("the terminal interface is not installed (")
        terminal.until("Provision the playground")
        terminal.press("q\r")
        assert terminal.end() == 0 and b"Traceback" not in terminal.raw
