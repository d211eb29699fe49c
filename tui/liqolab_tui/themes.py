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

_NAMES = (DEFAULT, "liqolab-light", "liqolab-contrast", "liqolab-colourblind", TERMINAL)
"""The lagoon at night, deep blue grounds and lamps for what matters; paper and ink; the strongest contrast; blue
against orange, told apart with any kind of colour vision (after Okabe and Ito, lightened for contrast); the terminal's
own colours."""

_COLOURS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "text": ("#e4ebf1", "#1d2731", "#ffffff", "#eceff2", "ansi_default"),
    "muted": ("#9db0c1", "#505c68", "#e2e2e2", "#aab4be", "ansi_default"),
    "key": ("#f2be5c", "#7d4300", "#ffff00", "#f0b43c", "ansi_yellow"),
    "good": ("#86d992", "#1a5f2e", "#5bff7f", "#6fc0ee", "ansi_green"),
    "wait": ("#f0cb74", "#6d4a00", "#ffd84d", "#f0e35a", "ansi_yellow"),
    "bad": ("#ff9d94", "#9a1f25", "#ffaaa5", "#ff9a57", "ansi_red"),
    "virtual": ("#c3b2f7", "#53369a", "#e6c8ff", "#e6a6cb", "ansi_magenta"),
    "link": ("#63c7d2", "#075a68", "#5cf0ff", "#7fd0f5", "ansi_cyan"),
    "head": ("#7fd6e0", "#064f5c", "#5cf0ff", "#9bd8f7", "ansi_cyan"),
    "line": ("#34495c", "#b9b2a4", "#ffffff", "#45505b", "ansi_bright_black"),
    "background": ("#0e161f", "#fbf9f5", "#000000", "#11151a", "ansi_default"),
    "surface": ("#13202c", "#f4f0e9", "#000000", "#171d24", "ansi_default"),
    "panel": ("#1a2a38", "#eae4d9", "#101010", "#1f2730", "ansi_default"),
    "chosen": ("#1f3d52", "#d3e6ea", "#00336b", "#24415a", "ansi_blue"),
})  # fmt: skip
"""Role to its colour in each theme."""

_PALETTES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {name: {role: colours[place] for role, colours in _COLOURS.items()} for place, name in enumerate(_NAMES)}
)


def palette(theme: str) -> Mapping[str, str]:
    """Role to colour of one of our themes; the terminal's own has names in the place of numbers."""
    return _PALETTES[theme]


def names() -> tuple[str, ...]:
    """All themes, the default first."""
    return _NAMES


def themes() -> list[Theme]:
    """All themes, as Textual takes them."""
    return [_theme(name, colours) for name, colours in _PALETTES.items()]


def _theme(name: str, colours: Mapping[str, str]) -> Theme:
    ansi = name == TERMINAL
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
        dark=name != "liqolab-light",
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
