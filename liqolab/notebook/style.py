"""The look of what a notebook shows: the report's colours and drawings, within a frame of their own.

Colours follow JupyterLab's theme where there is one, else the person's system. Where a viewer takes styles away, what
is left still reads in order.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from liqolab.report.html.markup import Html, tag
from liqolab.report.html.style import DARK, LIGHT, colours, part

FRAME = "liqolab"
_FOLDER = Path(__file__).parent


@cache
def style() -> str:
    """A style sheet that concerns nothing outside of the frame."""
    own, picture = (_FOLDER.joinpath(f"{name}.css").read_text(encoding="utf-8") for name in ("notebook", "picture"))
    inside = "\n".join([own, part("evidence"), part("world")])
    themes = "".join(
        f'[data-jp-theme-light="{light}"] .{FRAME} {{{values}}}\n'
        for light, values in (("true", LIGHT), ("false", DARK))
    )
    return f"{colours(f'.{FRAME}')}{themes}.{FRAME} {{\n{inside}\n}}\n{picture}"


def framed(body: Html) -> Html:
    """The body with its style, for an output of a cell."""
    return tag("div", tag("style", Html(style())), body, class_=FRAME)
