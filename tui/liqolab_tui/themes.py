"""The colours: five themes, each a table of roles.

A role is what a colour means here (`good`, `wait`, `bad`, `virtual` …), not which colour it is; style sheets and
drawings name roles only, as variables ``$lab-ROLE``. No role is the only carrier of a meaning: beside each stands a
sign or a word. Text roles keep a contrast of at least 4.5:1 to every ground that they may stand on; `TEXT_ROLES` and
`GROUNDS` say which those are, so that it can be computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from textual.theme import Theme

TEXT_ROLES = ("text", "muted", "key", "good", "wait", "bad", "virtual", "link", "head")
"""Roles that are written with."""

GROUNDS = ("background", "surface", "panel", "chosen")
"""Roles that are written on."""

TERMINAL = "liqolab-terminal"
"""The theme that takes the terminal's own colours, whatever they are."""

DEFAULT = "liqolab-dark"

_PALETTES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        # The lagoon at night: deep blue grounds, lamps for what matters.
        "liqolab-dark": {
            "text": "#e4ebf1",
            "muted": "#9db0c1",
            "key": "#f2be5c",
            "good": "#86d992",
            "wait": "#f0cb74",
            "bad": "#ff9d94",
            "virtual": "#c3b2f7",
            "link": "#63c7d2",
            "head": "#7fd6e0",
            "line": "#34495c",
            "background": "#0e161f",
            "surface": "#13202c",
            "panel": "#1a2a38",
            "chosen": "#1f3d52",
        },
        # Paper and ink.
        "liqolab-light": {
            "text": "#1d2731",
            "muted": "#505c68",
            "key": "#7d4300",
            "good": "#1a5f2e",
            "wait": "#6d4a00",
            "bad": "#9a1f25",
            "virtual": "#53369a",
            "link": "#075a68",
            "head": "#064f5c",
            "line": "#b9b2a4",
            "background": "#fbf9f5",
            "surface": "#f4f0e9",
            "panel": "#eae4d9",
            "chosen": "#d3e6ea",
        },
        "liqolab-contrast": {
            "text": "#ffffff",
            "muted": "#e2e2e2",
            "key": "#ffff00",
            "good": "#5bff7f",
            "wait": "#ffd84d",
            "bad": "#ffaaa5",
            "virtual": "#e6c8ff",
            "link": "#5cf0ff",
            "head": "#5cf0ff",
            "line": "#ffffff",
            "background": "#000000",
            "surface": "#000000",
            "panel": "#101010",
            "chosen": "#00336b",
        },
        # Blue against orange, told apart with any kind of colour vision (after Okabe and Ito, lightened for contrast).
        "liqolab-colourblind": {
            "text": "#eceff2",
            "muted": "#aab4be",
            "key": "#f0b43c",
            "good": "#6fc0ee",
            "wait": "#f0e35a",
            "bad": "#ff9a57",
            "virtual": "#e6a6cb",
            "link": "#7fd0f5",
            "head": "#9bd8f7",
            "line": "#45505b",
            "background": "#11151a",
            "surface": "#171d24",
            "panel": "#1f2730",
            "chosen": "#24415a",
        },
    }
)

_TERMINAL_PALETTE: Mapping[str, str] = MappingProxyType(
    {
        "text": "ansi_default",
        "muted": "ansi_default",
        "key": "ansi_yellow",
        "good": "ansi_green",
        "wait": "ansi_yellow",
        "bad": "ansi_red",
        "virtual": "ansi_magenta",
        "link": "ansi_cyan",
        "head": "ansi_cyan",
        "line": "ansi_bright_black",
        "background": "ansi_default",
        "surface": "ansi_default",
        "panel": "ansi_default",
        "chosen": "ansi_blue",
    }
)


def palette(theme: str) -> Mapping[str, str]:
    """Role to colour of one of our themes. Raises `KeyError` for the terminal's own, which has no numbers."""
    return _PALETTES[theme]


def names() -> tuple[str, ...]:
    """All themes, the default first."""
    return (*_PALETTES, TERMINAL)


def themes() -> list[Theme]:
    """All themes, as Textual takes them."""
    made = [_theme(name, colours, dark=name != "liqolab-light") for name, colours in _PALETTES.items()]
    return [*made, _theme(TERMINAL, _TERMINAL_PALETTE, dark=True, ansi=True)]


def _theme(name: str, colours: Mapping[str, str], *, dark: bool, ansi: bool = False) -> Theme:
    return Theme(
        name=name,
        primary=colours["link"],
        secondary=colours["virtual"],
        accent=colours["key"],
        success=colours["good"],
        warning=colours["wait"],
        error=colours["bad"],
        foreground=colours["text"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        boost=colours["panel"],
        dark=dark,
        ansi=ansi,
        variables={**{f"lab-{role}": colour for role, colour in colours.items()}, **_widgets(colours, ansi)},
    )


def _widgets(colours: Mapping[str, str], ansi: bool) -> dict[str, str]:
    """What Textual's own widgets take, so that they stand in the same colours."""
    native = {"ansi-background": "ansi_black", "ansi-foreground": "ansi_white"} if ansi else {}
    cursor = "ansi_white" if ansi else colours["text"]
    chosen_text = "ansi_white" if ansi else colours["text"]
    return {
        **native,
        "text-muted": colours["muted"],
        "text-disabled": colours["muted"],
        "border": colours["link"],
        "border-blurred": colours["line"],
        "block-cursor-background": colours["chosen"],
        "block-cursor-foreground": chosen_text,
        "block-cursor-blurred-background": colours["panel"],
        "block-cursor-blurred-foreground": colours["text"],
        "block-hover-background": colours["panel"],
        "footer-background": colours["panel"],
        "footer-foreground": colours["muted"],
        "footer-description-foreground": colours["muted"],
        "footer-key-foreground": colours["key"],
        "input-cursor-background": cursor,
        "input-cursor-foreground": "ansi_black" if ansi else colours["background"],
        "input-selection-background": colours["chosen"],
        "scrollbar": colours["line"],
        "scrollbar-hover": colours["link"],
        "scrollbar-active": colours["link"],
        "scrollbar-background": colours["surface"],
        "scrollbar-background-hover": colours["surface"],
        "scrollbar-background-active": colours["surface"],
        "scrollbar-corner-color": colours["surface"],
        "markdown-h1-color": colours["head"],
        "markdown-h2-color": colours["head"],
        "markdown-h3-color": colours["head"],
        "link-color": colours["link"],
        "button-color-foreground": colours["background"] if not ansi else "ansi_black",
    }
