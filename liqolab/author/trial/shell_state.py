"""What a bash remembers, taken from one session and given to another: variables, functions, options, current folder.

A snapshot of a playground holds clusters and files, but a lesson also keeps its state in the shell (``export
KUBECONFIG=...``). bash itself writes it down in a form that it reads again (``declare -p``), so nothing is parsed here.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from liqolab.steps.lab import Lab

_SECONDS = 30.0

# Readonly variables and those that bash keeps itself cannot be set, and should not.
_CAPTURE = """\
{{
  for liqolab_name in $(compgen -v); do
    case $liqolab_name in
      BASH*|_|liqolab_*|DIRSTACK|EPOCH*|EUID|FUNCNAME|GROUPS|HISTCMD|LINENO|OLDPWD|PIPESTATUS|PPID|PWD) continue ;;
      RANDOM|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID|COMP_*|PS1|PS2|COLUMNS|LINES) continue ;;
    esac
    liqolab_line=$(declare -p "$liqolab_name" 2>/dev/null) || continue
    case ${{liqolab_line%% "$liqolab_name"*}} in "declare -"*r*) continue ;; esac
    printf '%s\\n' "$liqolab_line"
  done
  declare -f
  alias -p
  shopt -p
  set +o
  printf 'cd %q\\n' "$PWD"
}} >{file}
unset liqolab_name liqolab_line
"""


def capture(lab: Lab, file: Path) -> None:
    """Write down what the lab's bash remembers; what its last command said stays what it said."""
    last = lab.last
    lab.run(_CAPTURE.format(file=shlex.quote(str(file))), _SECONDS)
    lab.last = last


def restore(lab: Lab, file: Path) -> None:
    """Give it to the lab's bash, a fresh one."""
    last = lab.last
    lab.run(f". {shlex.quote(str(file))}", _SECONDS)
    lab.last = last
