"""Advice that a person is given can be followed where it is given."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from liqolab import installed

BESIDE = Path(sys.executable).parent


def test_a_program_that_is_not_on_the_path_is_named_by_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.chdir(BESIDE.parents[1])
    assert installed.command("down") == f"{BESIDE.relative_to(BESIDE.parents[1])}/liqolab down"
    assert subprocess.run(shlex.split(installed.command("--help")), capture_output=True, check=True).stdout
    monkeypatch.setenv("PATH", f"{BESIDE}:/usr/bin:/bin")
    assert installed.command("down") == "liqolab down"


def test_an_extra_of_a_checkout_is_installed_from_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BESIDE.parents[1])
    *pip, editable, wanted = shlex.split(installed.install("web"))
    assert (pip[1:], editable, wanted) == (["-m", "pip", "install"], "--editable", ".[web]")
    assert Path(pip[0]).resolve() == Path(sys.executable).resolve()
