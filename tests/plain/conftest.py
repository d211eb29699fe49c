"""A home of a test's own, the plain face in a real terminal, and a look at what runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

LIQOLAB = [sys.executable, "-m", "liqolab.launch", "liqolab.cli", "liqolab"]


class School:
    """`liqolab learn --plain` as a person has it before them."""

    def __init__(self, root: Path, language: str) -> None:
        self.home = root / "home"
        for folder in ("person", "scratch"):
            (root / folder).mkdir()
        self.environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(root / "person"),
            "TMPDIR": str(root / "scratch"),
            "LIQOLAB_HOME": str(self.home),
            "LANG": language,
            "PYTHONIOENCODING": "utf-8",
            "TERM": "dumb",
        }
        self._open: list[Terminal] = []

    def sit_down(self, *arguments: str) -> Terminal:
        terminal = Terminal(self, arguments)
        self._open.append(terminal)
        return terminal

    def liqolab(self, *arguments: str, code: int = 0, typed: str = "") -> str:
        """Standard output and error of a command that ends with `code`; never a traceback."""
        done = subprocess.run(
            [*LIQOLAB, *arguments],
            env=self.environment,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        assert "Traceback" not in done.stdout
        return done.stdout

    def processes(self) -> dict[int, str]:
        """Everything of this home that runs, clusters aside: process id → command line."""
        mark = f"LIQOLAB_HOME={self.home}".encode()
        found = {}
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                # Another user's, or gone meanwhile.
                continue
        return {number: line for number, line in found.items() if "liqolab.kube" not in line}

    def leave(self) -> None:
        for terminal in self._open:
            terminal.close()
        if self.home.exists():
            self.liqolab("down", "--all")
        assert not self.processes()


class Terminal(pexpect.spawn):
    """The face in a terminal; what is read is kept as `seen` until the next answer."""

    def __init__(self, school: School, arguments: tuple[str, ...]) -> None:
        command = [*LIQOLAB, "learn", "--plain", *arguments]
        super().__init__(
            command[0],
            command[1:],
            env=school.environment,
            encoding="utf-8",
            timeout=60,
            echo=False,
            dimensions=(24, 400),
        )
        self.maxread = 65536
        self.searchwindowsize = 4000

    def prompt(self) -> str:
        """What was said up to the next prompt."""
        self.expect(r"(?:^|\n)[a-z]+> $")
        return str(self.before).replace("\r\n", "\n")

    def ask(self, line: str) -> str:
        """Type a line; what is said to it."""
        self.sendline(line)
        return self.prompt()

    def type(self, text: str) -> str:
        """Type a shell command of one or several lines."""
        if "\n" not in text:
            return self.ask(f"$ {text}")
        self.sendline("$")
        for line in [*text.split("\n"), ""]:
            self.expect_exact("... ")
            self.sendline(line)
        return self.prompt()


@pytest.fixture
def school(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[School]:
    school = School(tmp_path, getattr(request, "param", "C.UTF-8"))
    yield school
    school.leave()
