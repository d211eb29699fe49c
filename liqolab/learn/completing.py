"""What Tab would offer at the end of a line, asked from a bash that has no line editor of its own.

The question is put to the lesson's bash, so its folder, variables, functions and programs count. It is asked in a
subshell, which leaves no trace: whatever a completion function sets there is gone with it. Bash's programmable
completion does the work (`compgen`, and the functions that `complete` knows, those of the package bash-completion
included where it is installed); programs of cobra's that have no function, as kubectl and liqoctl in a lab, are asked
as their own scripts would ask them, with ``__complete``.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Final

_SEPARATORS: Final = re.compile(r"\|\|?|&&?|;|\n|\$\(|\(|`")
_MOST: Final = 200

_ASK: Final = r"""(
liqolab_words=({words}) liqolab_at={at} liqolab_current={current} liqolab_function=
shopt -s progcomp extglob 2>/dev/null
liqolab_files() {{ compgen -f -- "$1" | while IFS= read -r name; do
  [ -d "$name" ] && builtin printf '%s/\n' "$name" || builtin printf '%s\n' "$name"; done; }}
case $liqolab_current in
  \$*) compgen -v -P '$' -- "${{liqolab_current#\$}}"; exit;;
esac
if [ "$liqolab_at" = 0 ]; then
  case $liqolab_current in
    */*) liqolab_files "$liqolab_current";;
    *) compgen -A function -A alias -A builtin -A command -- "$liqolab_current" | grep -v '^liqolab_\|^_';;
  esac
  exit
fi
liqolab_program=${{liqolab_words[0]}}
case ${{liqolab_program##*/}} in
  kubectl|liqoctl|kind|helm)
    "$liqolab_program" __complete "${{liqolab_words[@]:1:liqolab_at-1}}" "$liqolab_current" 2>/dev/null |
      while IFS= read -r line; do case $line in
        :*) [ "$((${{line#:}} & 4))" = 0 ] && liqolab_files "$liqolab_current"; break;;
        _activeHelp_*) ;;
        *) builtin printf '%s\n' "${{line%%$'\t'*}}";;
      esac; done
    exit;;
esac
[ -n "${{BASH_COMPLETION_VERSINFO-}}" ] || . /usr/share/bash-completion/bash_completion 2>/dev/null
complete -p -- "$liqolab_program" >/dev/null 2>&1 || _completion_loader "$liqolab_program" >/dev/null 2>&1
liqolab_function=$(complete -p -- "$liqolab_program" 2>/dev/null)
case $liqolab_function in
  *' -F '*)
    liqolab_function=${{liqolab_function#* -F }}; liqolab_function=${{liqolab_function%% *}}
    COMP_WORDS=("${{liqolab_words[@]}}") COMP_CWORD=$liqolab_at COMP_TYPE=9 COMP_KEY=9
    COMP_LINE="${{liqolab_words[*]}}" COMPREPLY=()
    COMP_POINT=${{#COMP_LINE}}
    "$liqolab_function" "$liqolab_program" "$liqolab_current" "${{liqolab_words[liqolab_at-1]}}" >/dev/null 2>&1
    [ "${{#COMPREPLY[@]}}" = 0 ] || {{
      for liqolab_name in "${{COMPREPLY[@]}}"; do
        [ -d "$liqolab_name" ] && builtin printf '%s/\n' "$liqolab_name" || builtin printf '%s\n' "$liqolab_name"
      done; exit; }};;
esac
liqolab_files "$liqolab_current"
) 2>/dev/null
"""


@dataclass(frozen=True, slots=True)
class Completion:
    """What could stand in the place of the last word of a line.

    Attributes:
        word: that word, as it was typed.
        candidates: whole words that begin with it, sorted; a folder ends in a slash.
    """

    word: str
    candidates: tuple[str, ...] = ()

    @property
    def insertion(self) -> str:
        """What Tab adds to the line: what all candidates go on with, and a blank when there is no choice left."""
        if not self.candidates:
            return ""
        first, last = self.candidates[0], self.candidates[-1]
        pairs = enumerate(zip(first, last, strict=False))
        size = next((place for place, (one, other) in pairs if one != other), min(len(first), len(last)))
        added = first[len(self.word) : size]
        alone = len(self.candidates) == 1 and not first.endswith(("/", "="))
        return f"{added} " if alone else added


def question(line: str) -> tuple[str, str]:
    """Bash that prints what could complete `line`, and the word that is to be completed.

    Both empty inside of quotes, where nobody can tell words from text.
    """
    begun = _last_command(line)
    try:
        words = shlex.split(begun, posix=True)
    except ValueError:
        return "", ""
    current = words.pop() if words and not begun[-1:].isspace() else ""
    # Settings before a command are none of its words.
    while words and re.match(r"\w+=", words[0]):
        words.pop(0)
    at = len(words)
    quoted = " ".join(shlex.quote(word) for word in (*words, current))
    return _ASK.format(words=quoted, at=at, current=shlex.quote(current)), current


def answered(word: str, output: str) -> Completion:
    """What was printed to the question about a word."""
    found = sorted({line.rstrip() for line in output.splitlines() if line.startswith(word) and line.strip()})
    return Completion(word, tuple(found[:_MOST]))


def _last_command(line: str) -> str:
    """From where the command begins whose word the cursor is at."""
    begin, quote = 0, ""
    place = 0
    while place < len(line):
        character = line[place]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "\\":
            place += 1
        elif (found := _SEPARATORS.match(line, place)) is not None:
            place = begin = found.end()
            continue
        place += 1
    return line[begin:].lstrip()
