"""How the faces get their words: a function from a key of the catalogue, and values, to a text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from textual.content import Content


class Say(Protocol):
    """``say("tui.lesson.step", number=3)``; `liqolab.learn.texts.Texts` is one."""

    def __call__(self, key: str, /, **values: object) -> str: ...


def clock(seconds: float) -> str:
    """``2:14``, or ``1:02:14`` from an hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def inline(text: str, role: str = "key") -> Content:
    """A line of text in which what stands between backquotes is a command or a name."""
    parts = text.split("`")
    return Content.assemble(*((part, f"$lab-{role}") if i % 2 else part for i, part in enumerate(parts)))


def colour(variables: Mapping[str, str], role: str) -> str:
    """A role of the theme as Rich takes it; empty for none. What Rich writes keeps its colour in another theme."""
    return variables.get(f"lab-{role}", "").removeprefix("ansi_")


def shortened(text: str, width: int) -> str:
    """`text` in at most `width` cells; a long one keeps its beginning and, as names differ there, its end."""
    if len(text) <= width:
        return text
    if width < 8:
        return text[: max(width - 1, 0)] + "…" if width > 0 else ""
    tail = min(5, width // 3)
    return f"{text[: width - tail - 1]}…{text[-tail:]}"
