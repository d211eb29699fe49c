"""The line that a person edits at a container's prompt, as small shells have it: arrows, history, control keys.

Its output is what busybox and readline write: the prompt as it is, characters as they are typed, a redrawn line where
something changes in the middle. (prompt_toolkit draws prompts by moving the cursor, which terminals show alike and
scripts that wait for a prompt do not find.)
"""

from __future__ import annotations

import codecs
import re
from enum import Enum, auto
from itertools import takewhile

_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])")
_BEGUN = re.compile(r"\x1b(?:\[[0-9;]*|O)?\Z")
_ARROWS = {
    "\x1b[A": "up", "\x1b[B": "down", "\x1b[C": "right", "\x1b[D": "left", "\x1bOA": "up", "\x1bOB": "down",
    "\x1bOC": "right", "\x1bOD": "left", "\x1b[H": "home", "\x1b[F": "end", "\x1b[1~": "home", "\x1b[4~": "end",
    "\x1bOH": "home", "\x1bOF": "end", "\x1b[3~": "delete",
}  # fmt: skip
_CONTROLS = {
    "\x01": "home", "\x02": "left", "\x05": "end", "\x06": "right", "\x08": "rubout", "\x0b": "cut right",
    "\x0c": "clear", "\x0e": "down", "\x10": "up", "\x15": "cut left", "\x17": "cut word", "\x7f": "rubout",
}  # fmt: skip


_SEARCH = "\x12"


class End(Enum):
    """How a line ended without being one."""

    INTERRUPTED = auto()
    CLOSED = auto()
    COMPLETING = auto()
    """Not at all: Tab was pressed, and `complete` is to be called."""


class LineEditor:
    """One line at a time; `history` grows with what is entered."""

    def __init__(self) -> None:
        self.history: list[str] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._start("")

    def _start(self, prompt: str) -> None:
        self._prompt, self._text, self._at = prompt, "", 0
        self._looking_at = len(self.history)
        self._sought: str | None = None

    def ask(self, prompt: str) -> str:
        """Begin a line; returns what to show."""
        self._start(prompt)
        return prompt

    def type(self, data: bytes) -> None:
        """Take what was typed; `next` makes something of it."""
        self._pending += self._decoder.decode(data)

    def untype(self) -> bytes:
        """Give up what was typed and is in no line yet."""
        pending, self._pending = self._pending, ""
        return pending.encode()

    def next(self) -> tuple[str, str | End | None]:
        """What to show for what was typed, and the line once there is one; what was typed after it waits."""
        shown = ""
        while self._pending:
            found = _SEQUENCE.match(self._pending)
            if found is None and _BEGUN.match(self._pending):
                break
            key = found[0] if found else self._pending[0]
            self._pending = self._pending[len(key) :]
            if self._sought is not None and key not in "\r\n\x03":
                shown += self._search(key)
                continue
            if key in "\r\n":
                shown += self._found() if self._sought is not None else ""
                return shown + "\r\n", self._entered()
            if key == "\x03":
                return shown + "^C\r\n", End.INTERRUPTED
            if key == "\x04" and not self._text:
                return shown, End.CLOSED
            if key == "\t":
                return shown, End.COMPLETING
            shown += self._begin_search() if key == _SEARCH else self._edited(key)
        return shown, None

    @property
    def before(self) -> str:
        """The line up to the cursor."""
        return self._text[: self._at]

    def complete(self, word: str, candidates: list[str]) -> str:
        """Make `word`, which ends before the cursor, what it may become; returns what to show: what they have in
        common, or else all of them.
        """
        # In order, the first and the last differ where any two do.
        pairs = zip(candidates[0], candidates[-1], strict=False) if candidates else ()
        common = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if len(candidates) == 1 and not common.endswith("/"):
            common += " "
        if len(common) > len(word):
            start = self._at - len(word)
            self._text = self._text[:start] + common + self._text[self._at :]
            self._at = start + len(common)
            return self._redrawn()
        if len(candidates) < 2:
            return "\a"
        names = [name.rstrip("/").rpartition("/")[2] + "/" * name.endswith("/") for name in candidates]
        return "\r\n" + "  ".join(names) + "\r\n" + self._redrawn()

    def _begin_search(self) -> str:
        self._sought, self._looking_at = "", len(self.history)
        return self._searched()

    def _search(self, key: str) -> str:
        """Go on with a search backwards through the history; any key that edits ends it."""
        assert self._sought is not None
        if key == _SEARCH:
            self._look_back(self._looking_at)
        elif key in ("\x7f", "\x08"):
            self._sought = self._sought[:-1]
            self._look_back(len(self.history))
        elif key.isprintable() and len(key) == 1:
            self._sought += key
            self._look_back(min(self._looking_at + 1, len(self.history)))
        else:
            return self._found() + (self._edited(key) if key not in ("\x1b", "\x07") else "")
        return self._searched()

    def _look_back(self, before: int) -> None:
        for at in range(before - 1, -1, -1):
            if self._sought and self._sought in self.history[at]:
                self._looking_at, self._text = at, self.history[at]
                self._at = len(self._text)
                return

    def _searched(self) -> str:
        return f"\r(reverse-i-search)`{self._sought}': {self._text}\x1b[K"

    def _found(self) -> str:
        self._sought = None
        return self._redrawn()

    def _entered(self) -> str:
        if self._text.strip() and self.history[-1:] != [self._text]:
            self.history.append(self._text)
        return self._text

    def _edited(self, key: str) -> str:
        """Change the line; returns what to show."""
        action = _ARROWS.get(key) or _CONTROLS.get(key)
        if action is None:
            return self._inserted(key) if key.isprintable() else ""
        before, after = self._text[: self._at], self._text[self._at :]
        if action == "rubout":
            before = before[:-1]
        elif action == "delete":
            after = after[1:]
        elif action == "cut left":
            before = ""
        elif action == "cut right":
            after = ""
        elif action == "cut word":
            before = re.sub(r"\S+\s*\Z", "", before)
        elif action in ("up", "down"):
            before, after = self._recalled(-1 if action == "up" else 1), ""
        elif action in ("left", "right", "home", "end"):
            whole = before + after
            at = {"left": self._at - 1, "right": self._at + 1, "home": 0, "end": len(whole)}[action]
            at = min(max(at, 0), len(whole))
            before, after = whole[:at], whole[at:]
        self._text, self._at = before + after, len(before)
        return ("\x1b[H\x1b[2J" if action == "clear" else "") + self._redrawn()

    def _inserted(self, key: str) -> str:
        at_end = self._at == len(self._text)
        self._text = self._text[: self._at] + key + self._text[self._at :]
        self._at += 1
        return key if at_end else self._redrawn()

    def _recalled(self, step: int) -> str:
        self._looking_at = min(max(self._looking_at + step, 0), len(self.history))
        return self.history[self._looking_at] if self._looking_at < len(self.history) else ""

    def _redrawn(self) -> str:
        back = len(self._text) - self._at
        return f"\r{self._prompt}{self._text}\x1b[K" + (f"\x1b[{back}D" if back else "")
