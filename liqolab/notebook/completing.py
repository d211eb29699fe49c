"""What may follow in a shell command: asks the programs themselves, as a shell does when somebody presses Tab.

kubectl, liqoctl and other programs made with cobra answer ``__complete``; for the rest, bash knows programs, variables
and files. They are asked in the lesson's folder with the variables of its bash, never in the bash itself, which may be
busy.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from liqolab.learn.walkthrough import Walkthrough

_ASKED = frozenset(["kubectl", "liqoctl", "helm", "kind"])
_SECONDS = 5.0
_COMMAND_ENDS = re.compile(r"[|&;(\n]")
_WORD = re.compile(r"(?:[^\s\\]|\\.)*$")


def complete(walkthrough: Walkthrough, code: str, cursor: int) -> tuple[list[str], int]:
    """What may stand for the word at the cursor, and where that word begins."""
    before = code[:cursor].replace("\\\n", "  ")
    found = _WORD.search(before)
    word = found.group() if found else ""
    start = cursor - len(word)
    command = _COMMAND_ENDS.split(before)[-1]
    words = command[: len(command) - len(word)].split()
    while words and "=" in words[0]:
        words.pop(0)
    return _candidates(walkthrough.environment, walkthrough.folder, words, word), start


def _candidates(environment: Mapping[str, str], folder: Path, words: list[str], word: str) -> list[str]:
    here = Path(environment.get("PWD", folder))
    if word.startswith("$"):
        return [f"${name}" for name in sorted(environment) if name.startswith(word[1:])]
    if not words:
        return _compgen("-c", word, environment, here)
    if words[0] in _ASKED:
        expanded = [environment.get(part[1:], part) if part.startswith("$") else part for part in words[1:]]
        if found := _ask(words[0], [*expanded, word], environment, here):
            return found
    return _compgen("-f", word, environment, here)


def _ask(program: str, words: list[str], environment: Mapping[str, str], folder: Path) -> list[str]:
    """Cobra prints a candidate a line, with what it means behind a tab, and last a line with a colon."""
    path = shutil.which(program, path=environment.get("PATH"))
    if path is None:
        return []
    said = _run([path, "__complete", *words], environment, folder)
    lines = [line.partition("\t")[0] for line in said.splitlines()]
    return [line for line in lines if line and not line.startswith((":", "_activeHelp_"))]


def _compgen(action: str, word: str, environment: Mapping[str, str], folder: Path) -> list[str]:
    script = 'compgen "$1" -- "$2"'
    said = _run(["bash", "--noprofile", "--norc", "-c", script, "bash", action, word], environment, folder)
    return sorted({line for line in said.splitlines() if line})


def _run(command: list[str], environment: Mapping[str, str], folder: Path) -> str:
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            cwd=folder,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
