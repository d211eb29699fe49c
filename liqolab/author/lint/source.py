"""Reading a file that somebody else wrote: whatever is in it, the answer is text or a finding, never a traceback."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from liqolab.author.lint.rule import Finding, Rule, declare

LARGEST = 1_000_000
"""Bytes; the largest feature or lesson file that anybody would read."""


def _rule(id: str, what: str, why: str) -> Rule:
    return declare(Rule(id, "file", "error", what, why))


UNREADABLE = _rule("file-unreadable", "A file can be read.", "What cannot be read cannot be judged.")
TOO_LARGE = _rule(
    "file-too-large",
    f"A file has at most {LARGEST} bytes.",
    "A feature or a lesson of that size is an accident, such as a log under the wrong name; nothing reads it.",
)
BINARY = _rule("file-binary", "A file is text.", "A zero byte says that this is no feature and no lesson.")
ENCODING = _rule(
    "file-encoding",
    "A file is UTF-8 without a byte order mark.",
    "Other encodings turn into wrong letters on other machines, and into errors in other tools.",
)


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text; `name` is what people call it."""

    path: Path
    name: str
    text: str

    @property
    def lines(self) -> list[str]:
        """Lines as Gherkin and YAML count them: ended by a line feed only, and without it."""
        return self.text.split("\n")


def read(path: Path, name: str) -> Source | Finding:
    """The text of a file, or why there is none."""
    try:
        size = path.stat().st_size
        if size > LARGEST:
            message = f"the file has {size} bytes; what is linted has at most {LARGEST}"
            return Finding(name, 1, 1, TOO_LARGE.id, message)
        content = path.read_bytes()
    except OSError as error:
        return Finding(name, 1, 1, UNREADABLE.id, f"the file cannot be read: {error.strerror}")
    if (zero := content.find(b"\0")) >= 0:
        return Finding(name, *_place(content, zero), BINARY.id, "this is no text: it contains a zero byte")
    if content.startswith(b"\xef\xbb\xbf"):
        return Finding(name, 1, 1, ENCODING.id, "the file begins with a byte order mark; save it as plain UTF-8")
    try:
        return Source(path, name, content.decode())
    except UnicodeDecodeError as error:
        message = f"this byte (0x{content[error.start]:02x}) is not UTF-8; save the file as UTF-8"
        return Finding(name, *_place(content, error.start), ENCODING.id, message)


def _place(content: bytes, offset: int) -> tuple[int, int]:
    """Line and column of a byte, counting columns in characters as far as there are any."""
    before = content[:offset]
    start = before.rfind(b"\n") + 1
    return before.count(b"\n") + 1, len(before[start:].decode(errors="replace")) + 1
