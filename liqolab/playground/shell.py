"""The lab's shell: a bash in the lesson's working folder in which ``kubectl``, ``liqoctl`` and ``kind`` work as the
lesson says.

For embedded clusters the lab puts its own ``kind`` on the PATH, for KinD's own one that hands over to the person's, and
a small ``kubectl`` where the machine has none. They are two-line scripts in a folder of the playground that only this
shell's PATH knows; nothing outside changes.
"""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from liqolab.playground.dialect import DIALECT_VARIABLE
from liqolab.playground.errors import PlaygroundError
from liqolab.playground.home import HOME_VARIABLE, PLAYGROUND_VARIABLE, Playground
from liqolab.playground.providers import EMBEDDED, EXISTING, KIND, settled
from liqolab.playground.upstream import UPSTREAM, find_liqoctl

_SCRIPT = '#!/bin/sh\nexec {command} "$@"\n'

_KINDS = {
    EMBEDDED: "liqolab.playground.kind.main",
    KIND: "liqolab.playground.kind_handover",
    EXISTING: "liqolab.playground.kind.main",
}
"""Provider → the module that is `kind` in its shells."""

_RC = """\
# The rc file of the lab's shell.
[ -r ~/.bashrc ] && . ~/.bashrc
export PATH={bin}:"$PATH"
PS1='\\[\\e[1m\\](liqolab {playground})\\[\\e[0m\\] \\w\\$ '
"""


_NOT_FOUND_VARIABLE = "BASH_FUNC_command_not_found_handle%%"
"""How bash hands a function on to the bashes that it starts, scripts' included."""

_INSTEAD = {
    "helm": "install it (https://helm.sh/docs/intro/install/), or apply manifests with kubectl in place of the chart",
    "k3d": "clusters are made with kind here (kind create cluster --name NAME)",
    "docker": "embedded clusters need none; those of --provider kind do (https://docs.docker.com/get-docker/)",
}
_CASE = 'echo "{name} is not installed on this machine: {instead}"'
_NOT_FOUND = """() {{
  case "$1" in
    {cases}
    *) case $- in
         *i*) echo "bash: $1: command not found" ;;
         *) echo "$0: line ${{BASH_LINENO[0]}}: $1: command not found" ;;
       esac ;;
  esac >&2
  return 127
}}""".format(cases=" ".join(f"{name}) {_CASE.format(name=name, instead=text)} ;;" for name, text in _INSTEAD.items()))
"""What bash says of programs that pages of Liqo's documentation call and this machine does not have."""


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell that is ready to be started: its environment, its folder, and its rc file for interactive use."""

    environment: Mapping[str, str]
    folder: Path
    rc: Path


def prepare(
    playground: Playground,
    scenario: str,
    files: Path | None,
    *,
    provider: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Shell:
    """Lay out the lesson's working folder and the shell's own programs.

    Files that are already in the working folder stay as the learner left them.

    Args:
        playground: whose clusters the shell's commands see.
        scenario: name of the lesson; its working folder is named after it.
        files: the lesson's own files, copied into a new working folder; None for a bare shell.
        provider: which `kind` comes first on the PATH: see `_KINDS`; None for the playground's own provider.
        environ: the environment to start from.

    Raises:
        PlaygroundError: the folders cannot be written, or upstream's `liqoctl` has gone.
    """
    if shutil.which("bash", path=environ.get("PATH")) is None:
        raise PlaygroundError("bash was not found on the PATH", "install bash: the lesson's commands are bash")
    playground.create()
    folder = playground.work(scenario)
    try:
        _lay_out(folder, files)
        choice = settled(playground)
        theirs = find_liqoctl(environ) if choice.liqo == UPSTREAM else ""
        _write_programs(playground, _KINDS.get(provider or choice.provider, ""), theirs, environ)
        rc = playground.root / "bashrc"
        rc.write_text(_RC.format(bin=shlex.quote(str(playground.bin)), playground=playground.name))
    except OSError as error:
        raise PlaygroundError(f"{playground.root} cannot be written: {error.strerror}", "free some space") from None
    return Shell(_environment(playground, environ) | {DIALECT_VARIABLE: choice.dialect}, folder, rc)


def hand_over(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> int:
    """Give the terminal to a program until it ends; its exit code, as a shell tells it.

    Raises:
        OSError: it cannot be started.
    """
    # Ctrl-C is for what runs there. A handler, unlike ignoring it, is not inherited.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.run(command, env=dict(environment), cwd=folder, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


def _lay_out(folder: Path, files: Path | None) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for source in sorted(files.rglob("*")) if files else ():
        copy = folder / source.relative_to(files or source)
        if source.is_dir():
            copy.mkdir(exist_ok=True)
        elif not copy.exists():
            shutil.copy(source, copy)
            if source.suffix == ".sh":
                # A wheel does not keep the executable bit of data files.
                copy.chmod(0o755)


def _write_programs(playground: Playground, kind: str, liqoctl: str, environ: Mapping[str, str]) -> None:
    # -P: a file in the working folder must not shadow a module of the lab.
    launch = f"{shlex.quote(sys.executable)} -P -m liqolab.launch"
    programs = {"liqoctl": f"{launch} liqolab.liqo.ctl.main liqoctl", "liqolab": f"{launch} liqolab.cli liqolab"}
    if liqoctl:
        programs["liqoctl"] = shlex.quote(liqoctl)
    if kind:
        programs["kind"] = f"{launch} {kind} kind"
    if shutil.which("kubectl", path=environ.get("PATH")) is None:
        programs["kubectl"] = f"{launch} liqolab.kubectl.main kubectl"
    playground.bin.mkdir(mode=0o700, exist_ok=True)
    for name, command in programs.items():
        _write_program(playground.bin / name, _SCRIPT.format(command=command))
    for script in playground.bin.iterdir():
        if script.name not in programs:
            script.unlink(missing_ok=True)


def _write_program(script: Path, text: str) -> None:
    """Write it in one go: another shell of the same playground may be about to run it."""
    if script.exists() and script.read_text() == text:
        return
    with tempfile.NamedTemporaryFile("w", dir=script.parent.parent, delete=False) as file:
        file.write(text)
    fresh = Path(file.name)
    fresh.chmod(0o700)
    fresh.replace(script)


def _environment(playground: Playground, environ: Mapping[str, str]) -> dict[str, str]:
    environment = dict(environ)
    # A kubeconfig of the person's own must not be what a lesson's first kubectl talks to by accident.
    environment.pop("KUBECONFIG", None)
    environment["PATH"] = os.pathsep.join([str(playground.bin), environ.get("PATH", os.defpath)])
    environment[_NOT_FOUND_VARIABLE] = _NOT_FOUND
    environment[HOME_VARIABLE] = str(playground.home)
    environment[PLAYGROUND_VARIABLE] = playground.name
    # Discovery caches are keyed by address; ports of playgrounds come and go.
    environment["KUBECACHEDIR"] = str(playground.root / "kubectl-cache")
    return environment
