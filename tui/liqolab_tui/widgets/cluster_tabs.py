"""Which clusters are looked at: all of them, or one; by its number, by Tab, or by a click."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from liqolab_tui.wording import Say


class ClusterTabs(Static):
    """One line of numbered clusters, the chosen one marked."""

    DEFAULT_CSS = """
    ClusterTabs {
        height: 1; background: $lab-surface; color: $lab-muted; padding: 0 1; link-color: $lab-muted; link-style: none;
        link-background-hover: $lab-chosen; link-color-hover: $lab-text; link-style-hover: none;
    }
    """

    def __init__(self, say: Say) -> None:
        super().__init__()
        self._words = say

    def show_clusters(self, names: Sequence[str], chosen: str | None) -> None:
        """The clusters there are; `chosen` None means all."""
        entries = [(self._words("tui.explorer.all"), None), *((name, name) for name in names)]
        parts = []
        for number, (title, name) in enumerate(entries):
            if name == chosen:
                parts.append(Content.styled(f"[{number} {title}]", "bold $lab-text"))
            else:
                link = f"[@click=screen.cluster({number})] [$lab-key]$number[/] $title [/]"
                parts.append(Content.from_markup(link, number=str(number), title=title))
        self.update(Content(" ").join(parts))
