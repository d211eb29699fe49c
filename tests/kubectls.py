"""Every kubectl that this machine has: on the PATH, unpacked in the checkout, or named in LIQOLAB_KUBECTLS.

Tests with each of them run with the machine's own, the oldest and the newest wherever tests are run; those between are
the business of the long tests, so that a version more costs nobody who only wants to know what is broken.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_CHECKOUT = Path(__file__).parents[1]
_ENDS = ("machine", "named", "1.20", "newest")


def kubectls() -> dict[Path, str]:
    """Path → where it comes from; the machine's own first."""
    found = {Path(own): "machine"} if (own := shutil.which("kubectl")) else {}
    for path in sorted(_CHECKOUT.glob(".kubectls/*/kubectl")):
        found.setdefault(path, path.parent.name)
    for text in os.environ.get("LIQOLAB_KUBECTLS", "").split(os.pathsep):
        if text and Path(text).exists():
            found.setdefault(Path(text), "named")
    return found


def each_kubectl() -> list[Any]:
    """Parameters for a test with each of them, called as `kubectls` calls them."""
    return [
        pytest.param(path, id=where, marks=() if where in _ENDS else pytest.mark.journey)
        for path, where in kubectls().items()
    ]


@dataclass
class Kubectl:
    """One kubectl of this machine with a home of its own (it caches discovery there)."""

    path: Path
    kubeconfig: Path
    home: Path

    def __call__(self, *arguments: str, stdin: str | None = None, code: int = 0) -> str:
        """Standard output (and, where `code` is not 0, standard error) of a command."""
        environment = {"HOME": str(self.home), "KUBECONFIG": str(self.kubeconfig), "PATH": os.environ["PATH"]}
        done = subprocess.run(
            [str(self.path), *arguments], input=stdin, capture_output=True, text=True, timeout=60, env=environment
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done.stdout + (done.stderr if code else "")
