"""What a container's command line asks the sandbox to do.

Pure: words in, a script out. The shell that the words name is the sandbox's own, so its options are turned into what
`set` knows; any other command is quoted and carried out as it is.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from dataclasses import dataclass

SHELLS = frozenset({"sh", "bash", "ash", "dash"})
PROGRAM_FOLDERS = frozenset({"/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin"})
_QUOTED = re.compile(r"'[^']*'")
_ITSELF = re.compile(r"\$(?:0|\{0)")
"""The name that a shell was called by: the sandbox's own knows its own only."""
_VALUED = frozenset("oO")


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A command line, read.

    Attributes:
        program: what is to be executed, as it was spelt.
        name: of a program that would be looked for on the PATH; empty for a path elsewhere.
        shell: the shell whose manner of speaking counts: ``sh`` unless the words name another one.
        script: what the sandbox is given.
    """

    program: str
    name: str
    shell: str
    script: str


def read_words(words: list[str]) -> CommandLine:
    """Read a container's command line (at least one word)."""
    program = words[0]
    folder, name = posixpath.split(program)
    if folder and folder not in PROGRAM_FOLDERS:
        return CommandLine(program, "", "sh", shlex.join(words))
    if name in SHELLS:
        return CommandLine(program, name, name, _shell_script(name, words[1:]))
    if name == "env" and len(words) > 1 and words[1] in SHELLS:
        return read_words(words[1:])
    arguments = _without_owners(words[1:]) if name == "tar" else words[1:]
    return CommandLine(program, name, "sh", shlex.join([name, *arguments]))


def _without_owners(arguments: list[str]) -> list[str]:
    """What ``kubectl cp`` asks of tar, but for times and owners, which the sandbox's files do not have."""
    kept = [word for word in arguments if word not in ("--no-same-permissions", "--no-same-owner")]
    if kept and kept[0].startswith("-") and not kept[0].startswith("--"):
        kept[0] = kept[0].replace("m", "")
    return kept


def _shell_script(name: str, arguments: list[str]) -> str:
    """What follows ``-c`` is the script itself, with what the options set before it; else the shell is called."""
    settings, rest = [], list(arguments)
    while rest and rest[0][:1] in "-+" and len(rest[0]) > 1:
        word = rest.pop(0)
        if word in ("--login", "--norc", "--noprofile", "--posix"):
            continue
        if word == "--":
            break
        letters = word[1:].replace("l", "").replace("i", "")
        values = [rest.pop(0) for letter in letters if letter in _VALUED and rest]
        if plain := letters.replace("c", ""):
            settings.append(shlex.join(["set", word[0] + plain, *values]))
        if "c" in letters and word[0] == "-":
            if not rest:
                return f"echo {name}: -c requires an argument >&2; exit 2"
            if len(rest) > 1:
                break
            if _ITSELF.search(_QUOTED.sub("", rest[0])):
                break
            # On the same line, so that the script's first line is the first one that errors count.
            return "; ".join([*settings, rest[0]])
    return shlex.join([name, *arguments])
