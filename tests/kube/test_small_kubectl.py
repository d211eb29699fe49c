"""The small kubectl of machines that have none: what scripts rely on."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest


def _kubectl(cluster: Any, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "liqolab.kubectl", "--kubeconfig", str(cluster.kubeconfig), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("get", "namespaces", "default"), 0, ""),
        (("get", "namespaces", "nope"), 1, 'Error from server (NotFound): namespaces "nope" not found\n'),
        (("get", "namespaces", "nope", "--ignore-not-found"), 0, ""),
        (("get", "nopes"), 1, 'error: the server doesn\'t have a resource type "nopes"\n'),
        (("delete", "namespaces", "nope"), 1, 'Error from server (NotFound): namespaces "nope" not found\n'),
    ],
)
def test_the_exit_code_tells_whether_it_went_well(cluster: Any, words: tuple[str, ...], code: int, text: str) -> None:
    done = _kubectl(cluster, *words)
    assert (done.returncode, done.stderr) == (code, text)
