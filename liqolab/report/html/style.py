"""The style of the page in parts, for whoever shows one of them elsewhere: a notebook has drawings and evidence too.

Colours are variables; each is there for light and for dark.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent

LIGHT = """
--paper: #fbfaf7; --card: #ffffff; --ink: #1d1f24; --quiet: #5b616e; --rule: #dfdcd3; --code: #f3f1ea;
--passed: #17733b; --failed: #b3251e; --ambiguous: #8a3ab9; --undefined: #8a3ab9; --pending: #85590a;
--skipped: #646b78;
--link: #1d5fa8; --tint: 9%; --shadow: 0 1px 2px #0000000d, 0 4px 16px #0000000a;
"""
DARK = """
--paper: #14161a; --card: #1c1f25; --ink: #e8e6e1; --quiet: #a2a8b4; --rule: #343943; --code: #23272e;
--passed: #5fce8b; --failed: #ff8a80; --ambiguous: #d3a2f5; --undefined: #d3a2f5; --pending: #e9bb5e;
--skipped: #a2a8b4;
--link: #82b7f2; --tint: 15%; --shadow: none;
"""
FONTS = """
--sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
--mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace;
"""
_DARK_ROOM = "@media (prefers-color-scheme: dark)"


@cache
def part(name: str) -> str:
    """One of the style sheets beside this module."""
    return (_FOLDER / f"{name}.css").read_text(encoding="utf-8")


def colours(selector: str) -> str:
    """The variables for what a selector means, light or dark as the person's system is."""
    return f"{selector} {{{LIGHT}{FONTS}}}\n{_DARK_ROOM} {{ {selector} {{{DARK}}} }}\n"


def page_style() -> str:
    """All of the page's."""
    return colours(":root") + part("evidence") + part("world") + part("page")
