"""A learner at a terminal, with clusters, in a class."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from tests.classroom.conftest import School
from tests.laboratory import LIQOLAB, Laboratory


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laboratory]:
    (tmp_path / "laptop").mkdir()
    laptop = Laboratory(tmp_path / "laptop", LANG="C.UTF-8", PYTHONIOENCODING="utf-8", TERM="dumb")
    yield laptop
    laptop.down()


@pytest.mark.journey
@pytest.mark.embedded
def test_a_step_of_a_real_lesson_is_seen_sent_and_graded(school: School, laptop: Laboratory) -> None:
    school.open()
    learn = [*LIQOLAB, "learn", "--plain", "--class", school.code, "--nickname", "ada"]
    environment = {**os.environ, **laptop.environment}
    terminal = pexpect.spawn(learn[0], learn[1:], env=environment, encoding="utf-8", timeout=120, dimensions=(24, 400))
    terminal.expect_exact("It is not sent: what commands print")
    terminal.expect_exact("Do you agree? [Y/n]")
    terminal.sendline("y")
    prompt = r"\n[a-z]+> $"
    terminal.expect(prompt)
    terminal.sendline("$ kubectl get pods --token=abcdef0123456789abcdef0123456789")
    terminal.expect(prompt)
    terminal.sendline("solve")
    school.hears("ada had provision solved.")
    school.hears("ada has passed provision.")
    terminal.expect(prompt)
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    bundle = school.root / "bundle.json"
    assert school.run("bundle", "networks-101", "-o", str(bundle)).returncode == 0
    assert "abcdef0123456789" not in bundle.read_text()
    (seat,) = json.loads(bundle.read_text())["seats"]
    assert {"entered", "command", "solved", "light", "passed"} <= {event["entry"]["event"] for event in seat["events"]}
    graded = school.run("grade", str(bundle))
    assert graded.returncode == 0, graded.stdout + graded.stderr
    assert "ada: 0 of " in graded.stdout
    assert "the lab typed the solution of provision." in graded.stdout
