"""Shells beside the lesson's own: on the terminal itself while the interface stands aside, and what a pane needs."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from liqolab.playground.shell import hand_over


def interactive_shell(environment: Mapping[str, str], folder: Path, hello: str) -> int:
    """Run the person's shell in the lesson's folder until it ends; its exit code.

    A bash reads the rc file that the playground laid out, so that the lab's programs come first on the PATH.
    """
    shell = os.environ.get("SHELL") or "bash"
    rc = _rc(folder)
    command = [shell, "--rcfile", str(rc), "-i"] if Path(shell).name == "bash" and rc.is_file() else [shell]
    sys.stdout.write(f"{hello}\n")
    sys.stdout.flush()
    try:
        return hand_over(command, environment, folder)
    except OSError as error:
        sys.stdout.write(f"{shell}: {error.strerror}\n")
        return 127


_MARKS = (
    "PS0='\\[\\e]133;C\\a\\]'\n"
    'PROMPT_COMMAND=\'printf "\\033]133;D;%s\\007" "$?"\'"${PROMPT_COMMAND:+; $PROMPT_COMMAND}"\n'
    "PS1='\\[\\e]133;A\\a\\]'\"$PS1\"'\\[\\e]133;B\\a\\]'\n"
)


def marking_bash(environment: Mapping[str, str], folder: Path, hello: str) -> list[str]:
    """The command of a bash in `folder` that sees `environment`, says `hello`, and marks its prompts and commands.

    What the environment has that this process has not is in a file, which nobody else may read and which is gone when
    the bash has read it: on a command line everybody could see it.

    Raises:
        OSError: it cannot be written.
    """
    lines = [
        f"export {name}={shlex.quote(value)}" for name, value in environment.items() if os.environ.get(name) != value
    ]
    lines += [f"unset {name}" for name in os.environ if name not in environment]
    path = _rc(folder).with_name("bashrc-marking")
    lines += [f"rm -f -- {shlex.quote(str(path))}", f"printf '%s\\n' {shlex.quote(hello)}"]
    lines += ["export TERM=xterm-256color", "unset NO_COLOR", "PROMPT_DIRTRIM=1"]
    inner = shlex.quote(str(_rc(folder)))
    lines.append(f"[ -r {inner} ] && . {inner}")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join(lines) + f"\n{_MARKS}")
    start = f"cd {shlex.quote(str(folder))} && exec bash --rcfile {shlex.quote(str(path))} -i"
    # The terminal's own library gives every program a locale that need not be installed here.
    unset = [] if "LC_ALL" in os.environ else ["-u", "LC_ALL"]
    return ["env", *unset, "bash", "-c", start]


def _rc(folder: Path) -> Path:
    """What the playground laid out for interactive shells, from the working folder of a lesson."""
    return folder.parent.parent / "bashrc"
