"""A class whose desk and whose learners are programs of their own, and talk over TLS."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laboratory import LIQOLAB

LESSON = "offloading-with-policies"


class School:
    """An instructor's machine; `code` is what the desk prints."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self.root = root
        self.environment = {**environment, "LIQOLAB_HOME": str(root / "desk"), "COLUMNS": "300"}
        self.code = ""
        self._desk: subprocess.Popen[str] | None = None

    def open(self, *options: str) -> None:
        command = [*LIQOLAB, "class", "open", "networks-101", *options]
        self._desk = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert self._desk.stdout is not None
        for line in self._desk.stdout:
            if found := re.search(r"--class (\S+)", line):
                self.code = found[1]
            if "Ctrl-C closes it" in line:
                return
        raise AssertionError("the desk did not open")

    def hears(self, text: str) -> None:
        """Wait until the desk prints a line."""
        assert self._desk is not None
        assert self._desk.stdout is not None
        for line in self._desk.stdout:
            if text in line:
                return
        raise AssertionError(f"the desk never said: {text}")

    def kill(self) -> None:
        assert self._desk is not None
        self._desk.send_signal(signal.SIGKILL)
        self.close()

    def close(self) -> None:
        if self._desk is not None:
            self._desk.send_signal(signal.SIGINT)
            said, _ = self._desk.communicate()
            code, self._desk = self._desk.returncode, None
            assert code == -signal.SIGKILL or (code == 0 and said.endswith("The class is closed.\n")), (code, said)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*LIQOLAB, "class", *arguments], env=self.environment, capture_output=True, text=True, check=False
        )


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    school = School(tmp_path, dict(os.environ))
    yield school
    school.close()
