"""Clusters that do not answer, asked through real sockets: the diagnosis says so, and always comes to an end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from liqolab.steps.failing.error import Wish
from liqolab.steps.failing.failure import Failure, Target
from liqolab.steps.lab import Lab
from liqolab.steps.why.causes import explain
from liqolab.steps.why.diagnosis import diagnosed


def _kubeconfig(folder: Path, server: str) -> Path:
    path = folder / "kubeconfig"
    document = {
        "clusters": [{"name": "x", "cluster": {"server": server}}],
        "users": [{"name": "x", "user": {"token": "made-up-token-1234"}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "current-context": "x",
    }
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """Bound to a port of loopback; listening is up to the test."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


def _ask(folder: Path, server: socket.socket) -> tuple[list[str], Failure]:
    path = _kubeconfig(folder, f"http://127.0.0.1:{server.getsockname()[1]}")
    failure = Failure("it is not there", Target("venice", "pod", "x", "y"))
    with Lab({}, folder, lambda name: path if name == "venice" else None, ["venice"]) as lab:
        failure = diagnosed(lab, failure, Wish())
        return explain(lab, Target("venice", "pod", "x", "y")), failure


def test_nobody_listens(tmp_path: Path, server: socket.socket) -> None:
    causes, failure = _ask(tmp_path, server)
    assert "nothing listens at http://127.0.0.1:" in causes[0] and causes[0].endswith("its API server is not running")
    assert failure.causes == causes
    assert failure.command.endswith("kubeconfig cluster-info")


def test_somebody_listens_and_never_answers(tmp_path: Path, server: socket.socket) -> None:
    server.listen()
    causes, failure = _ask(tmp_path, server)
    assert len(causes) == 1 and causes[0].endswith("accepts connections and says nothing for 0.9s")
    assert failure.causes == causes


def test_a_kubeconfig_that_cannot_be_read_explains_nothing(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text("{")
    failure = Failure("it is not there", Target("venice", "pod", "x"))
    with Lab({}, tmp_path, lambda _: path, ["venice"]) as lab:
        failure = diagnosed(lab, failure, Wish())
        assert explain(lab, Target("venice", "pod", "x")) == []
    assert failure.causes == []
