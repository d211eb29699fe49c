"""`liqolab shell` as a person uses it: a prompt, the lesson's programs, and an exit code."""

from __future__ import annotations

from collections.abc import Iterator

import pexpect
import pytest

from liqolab import installed
from tests.laboratory import LIQOLAB, Laboratory

pytestmark = pytest.mark.embedded

PROMPT = r"\(liqolab default\).*[$#] $"


@pytest.fixture
def terminal(lab: Laboratory) -> Iterator[pexpect.spawn]:
    environment = {**lab.environment, "TERM": "dumb"}
    shell = pexpect.spawn(
        LIQOLAB[0], [*LIQOLAB[1:], "shell"], env=environment, encoding="utf-8", timeout=20, echo=False
    )
    yield shell
    shell.close(force=True)


def test_a_person_finds_the_lessons_programs_and_leaves_nothing_behind(
    lab: Laboratory, terminal: pexpect.spawn
) -> None:
    terminal.expect_exact("Begin with ./setup.sh")
    terminal.expect(PROMPT)
    terminal.sendline("type -P kind liqoctl kubectl >/dev/null && ls && echo KUBECONFIG=$KUBECONFIG.")
    terminal.expect("manifests.*setup.sh.*KUBECONFIG=\\.")
    terminal.expect(PROMPT)
    terminal.sendline("kind get clusters; kind version")
    terminal.expect_exact("No kind clusters found.")
    terminal.expect_exact("embedded in liqolab")
    terminal.expect(PROMPT)
    terminal.sendline("exit 7")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 7
    assert lab.left_behind() == []


def test_ctrl_c_is_for_what_runs_in_the_shell(lab: Laboratory, terminal: pexpect.spawn) -> None:
    terminal.expect(PROMPT)
    # In two parts, so that what is typed is not taken for what is printed.
    terminal.sendline("bash -c 'echo be''gun; exec cat'")
    terminal.expect_exact("begun")
    terminal.sendintr()
    terminal.expect(PROMPT)
    terminal.sendline("kind create cluster --name venice --kubeconfig own; exit")
    terminal.expect_exact(f"Clusters keep running: venice. End them with: {installed.command('down')}")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert lab.status()["venice"]["state"] == "running"


def test_commands_give_their_exit_code(lab: Laboratory) -> None:
    assert lab.liqolab("shell", "-c", "echo $((6 * 7)); exit 3", code=3) == "42\n"
    assert lab.left_behind() == []
