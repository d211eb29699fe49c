"""Every kubectl that this machine has: on the PATH, unpacked in the checkout, or named in LIQOLAB_KUBECTLS.

Tests with each of them run with the machine's own, the oldest and the newest wherever tests are run; those between are
the business of the long tests, so that a version more costs nobody who only wants to know what is broken.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect
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
        done = subprocess.run(
            [str(self.path), *arguments], input=stdin, capture_output=True, text=True, timeout=60, env=self.environment
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done.stdout + (done.stderr if code else "")

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), "KUBECONFIG": str(self.kubeconfig), "PATH": os.environ["PATH"]}

    def terminal(self, *arguments: str) -> Any:
        """A command in front of a person: `pexpect` at a terminal of 24 rows and 80 columns."""
        return pexpect.spawn(
            str(self.path), list(arguments), env=self.environment, timeout=20, encoding="utf-8", dimensions=(24, 80)
        )

    @contextmanager
    def forwarding(self, *arguments: str) -> Iterator[int]:
        """A `port-forward`, and the local port that it has taken."""
        process = subprocess.Popen(
            [str(self.path), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"127\.0\.0\.1:(\d+)", line)
            assert found is not None, line
            yield int(found[1])
        finally:
            process.kill()
            process.communicate()
