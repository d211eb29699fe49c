"""Record what real shells print and end with, for `tests/node/commands.yaml`.

Each command line is carried out by busybox (``sh``) or by bash, in an empty folder, with nothing but busybox's programs
(or the machine's) on the PATH. What the lab's containers do otherwise stands beside it: ``differs`` says why, ``ours``
what they print and end with instead.

    python tools/record_commands.py            # record anew
    python tools/record_commands.py FILE       # add the command lines of a file, ``SHELL: SCRIPT`` each
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

COMMANDS = Path(__file__).parents[1] / "tests" / "node" / "commands.yaml"
_SECONDS = 20
_HEAD = "# Written by tools/record_commands.py, but for `differs`, `ours`, and what no real shell is asked (`there`).\n"


def real(shell: str, script: str) -> tuple[str, int]:
    """What a real shell prints on its standard output and ends with."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as programs:
        if shell == "sh":
            subprocess.run(["busybox", "--install", "-s", programs], check=True)
            words, path, program = ["sh", "-c", script], programs, f"{programs}/sh"
        else:
            words, path, program = ["bash", "--norc", "-c", script], "/usr/local/bin:/usr/bin:/bin", "/usr/bin/bash"
        done = subprocess.run(
            words,
            executable=program,
            cwd=folder,
            env={"PATH": path, "HOSTNAME": "web-0", "HOME": "/root"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    return done.stdout.decode(errors="replace"), done.returncode if done.returncode >= 0 else 128 - done.returncode


def added(text: str) -> list[dict[str, Any]]:
    """The command lines of a file; in those with a here-document, ``\\n`` is the end of a line."""
    rows = []
    for line in text.splitlines():
        shell, _, script = line.partition(": ")
        script = script.replace("\\\\", "\0")
        script = (script.replace("\\n", "\n").replace("\\t", "\t") if "EOF" in script else script).replace("\0", "\\")
        rows.append({"shell": shell, "script": script})
    return rows


def record() -> None:
    rows = yaml.safe_load(COMMANDS.read_text()) if COMMANDS.exists() else []
    for name in sys.argv[1:]:
        rows += added(Path(name).read_text())
    for row in rows:
        if "there" not in row:
            row["stdout"], row["exit"] = real(row["shell"], row["script"])
    COMMANDS.write_text(_HEAD + yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=120))


if __name__ == "__main__":
    record()
