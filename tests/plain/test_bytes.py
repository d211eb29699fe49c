"""What is no text on standard input: it is shown as terminals show it, means nothing, and ends nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from liqolab.installed import command
from tests.laboratory import LIQOLAB

GIVEN = b"n\xff\n\x00\x1b[M \xc8@\n" + bytes(range(128, 256)) + b"\nq\n"


def test_bytes_that_are_no_text_are_words_that_mean_nothing(tmp_path: Path) -> None:
    environment = os.environ | {"LIQOLAB_HOME": str(tmp_path), "LANG": "C.UTF-8", "PYTHONIOENCODING": "ascii:strict"}
    done = subprocess.run(
        [*LIQOLAB, "learn", "--plain"], input=GIVEN, env=environment, capture_output=True, timeout=60, check=False
    )
    # As of every script with a line that means nothing.
    assert (done.returncode, done.stderr) == (2, b"")
    assert done.stdout.decode().count("There is no command") == 3
    assert f"Come back with: {command('learn')}" in done.stdout.decode()
