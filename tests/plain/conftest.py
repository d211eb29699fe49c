"""The plain face in a real terminal, in a laboratory of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.laboratory import LIQOLAB, Laboratory


class School(Laboratory):
    """`liqolab learn --plain` as a person has it before them."""

    def __init__(self, root: Path, language: str) -> None:
        super().__init__(root, LANG=language, PYTHONIOENCODING="utf-8", TERM="dumb")
        self._open: list[Terminal] = []

    def sit_down(self, *arguments: str) -> Terminal:
        terminal = Terminal(self, arguments)
        self._open.append(terminal)
        return terminal

    def processes_besides_clusters(self) -> dict[int, str]:
        return {number: line for number, line in self.processes().items() if "liqolab.kube" not in line}

    def left_behind(self) -> list[str]:
        """As of any laboratory, but for the temporary files of faces that were killed: nobody else knows of them."""
        return [entry for entry in super().left_behind() if not entry.startswith(f"{self.scratch}/tmp")]

    def leave(self) -> None:
        for terminal in self._open:
            terminal.close()
        self.down()


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
