"""Which face a person gets where packages are missing, and what they are told."""

from __future__ import annotations

import sys

import click
import pytest

from liqolab.cli.learn import _screen
from liqolab.installed import install
from liqolab.learn.texts import Texts


def test_without_their_packages_the_other_faces_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("liqolab.cli.learn.find_spec", lambda name: None)
    monkeypatch.setenv("TERM", "xterm-256color")
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    with pytest.raises(click.ClickException, match=r"-m pip install .*\[web\]"):
        _screen(web=True)
    face, reason = _screen(web=False)
    assert face is None
    for language in ("en", "it"):
        assert f"({install('tui')})" in Texts(language)(reason, install=install("tui"))


def test_a_terminal_that_can_do_nothing_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    assert _screen(web=False) == (None, "plain.fallback.dumb")
