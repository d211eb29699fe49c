"""What a bash knows besides the clusters: its variables, functions, options and folder, saved and brought back.

A lesson keeps half of its state there (``export KUBECONFIG=…``), so a step that is begun again, a walkthrough that was
killed and a lesson that is sabotaged need it as much as they need the clusters. Bash itself writes the state down, as
text that it can read again; only what differs from a bash that was just started is kept, so that a state outlives a
new terminal.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from liqolab.process import Session

# What bash changes by itself, or what is read-only in every bash.
_ITS_OWN = (
    "_|BASH*|COLUMNS|COMP_*|DIRSTACK|EPOCH*|EUID|FUNCNAME|GROUPS|HISTCMD|LINENO|LINES|OLDPWD|OPTIND|PIPESTATUS|PPID|"
    "PS1|PS2|PWD|RANDOM|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID|liqolab_*"
)

# NUL separates the parts, because values may contain anything else.
_TELL = f"""\
{{
for liqolab_name in $(compgen -v); do
  case $liqolab_name in {_ITS_OWN}) continue;; esac
  declare -p "$liqolab_name" 2>/dev/null && builtin printf '\\0'
done
unset liqolab_name
declare -f; builtin printf '\\0'
alias -p; builtin printf '\\0'
shopt -p; builtin printf '\\0'
set +o; builtin printf '\\0'
builtin printf 'umask %s\\0' "$(umask)"
builtin printf 'cd -- %q\\0' "$PWD"
}} >{{file}}
"""

_DECLARED = re.compile(r"declare -\S+ (\w+)")
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class BashState:
    """What to say to a new bash so that it is like the old one.

    Attributes:
        variables: name → declaration; only those that the learner set or changed.
        others: functions, aliases, options and the folder, as bash writes them.
        gone: variables of the environment that the learner unset.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def value(self, name: str) -> str | None:
        """The value of a plain variable; None where it is not set here."""
        declared = self.variables.get(name, "")
        _, equals, quoted = declared.partition("=")
        try:
            words = shlex.split(quoted) if equals and not quoted.startswith("$'") else []
        except ValueError:
            return None
        return words[0] if len(words) == 1 else "" if quoted == '""' else None

    @property
    def folder(self) -> str:
        """Where the bash stands; empty when that is not known."""
        words = shlex.split(self.others[-1]) if self.others and self.others[-1].startswith("cd ") else []
        return words[-1] if words else ""

    def commands(self) -> str:
        """Bash that brings the state back."""
        unset = [f"unset -v {name}" for name in self.gone]
        # The folder may be gone, and that is no reason to do without the rest.
        return "\n".join([*unset, *self.variables.values(), *self.others]) + " 2>/dev/null || true\n"


def read_state(session: Session, scratch: Path, fresh: BashState | None = None) -> BashState:
    """Ask a bash for its state; `fresh` is that of a new one, to be left out.

    Args:
        session: the bash, in which nothing may run.
        scratch: a private folder for the answer.
        fresh: None to get everything; it is also the answer where the bash has ended.
    """
    if not session.alive:
        return fresh or BashState()
    file = scratch / "bash-state"
    session.run(_TELL.replace("{file}", shlex.quote(str(file))), _SECONDS)
    try:
        parts = file.read_text(encoding="utf-8", errors="surrogateescape").split("\0")[:-1]
    except OSError:
        # Something of the learner's is in the way, such as a trap that ends the bash.
        return fresh or BashState()
    finally:
        file.unlink(missing_ok=True)
    variables: dict[str, str] = {}
    others: list[str] = []
    for part in parts:
        found = _DECLARED.match(part)
        if found and not others:
            variables[found.group(1)] = part.rstrip("\n")
        else:
            others.append(part.strip("\n"))
    if fresh is None:
        return BashState(variables, tuple(others))
    own = {name: text for name, text in variables.items() if fresh.variables.get(name) != text}
    gone = tuple(name for name in fresh.variables if name not in variables)
    return BashState(own, tuple(others), gone)


def save_state(state: BashState, path: Path) -> None:
    """Write it down, readable by nobody else: variables may hold tokens."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    document = {"variables": dict(state.variables), "others": list(state.others), "gone": list(state.gone)}
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".bash-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)
    Path(name).replace(path)


def load_state(path: Path) -> BashState | None:
    """What was saved there; None where nothing usable is."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return BashState(document["variables"], tuple(document["others"]), tuple(document["gone"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
