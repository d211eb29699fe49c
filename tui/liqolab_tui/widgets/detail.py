"""What is known of one object, side by side as tabs: summary, YAML, events, logs, and why it is so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Resize
from textual.widgets import RichLog, TabbedContent, TabPane

from liqolab_tui.messages import Aspect, AspectWanted
from liqolab_tui.reference import Reference
from liqolab_tui.wording import Say, colour

ASPECTS: tuple[Aspect, ...] = ("summary", "yaml", "events", "logs", "why")
_LINES = 3000


class Sentences(RichLog):
    """Sentences, broken where the pane ends: also those that came while their tab was hidden, and had no width."""

    def __init__(self, id: str) -> None:
        super().__init__(max_lines=_LINES, wrap=True, min_width=20, markup=False, highlight=False, id=id)
        self._told: list[Text] = []
        self._told_at = 0

    def tell(self, sentence: Text) -> None:
        """Add a sentence."""
        self._told.append(sentence)
        self._told_at = self.scrollable_content_region.width
        self.write(sentence, scroll_end=False)

    def clear(self) -> Self:
        self._told = []
        return super().clear()

    def on_show(self) -> None:
        self._tell_anew()

    def on_resize(self, event: Resize) -> None:
        # What was kept until there is a width is written by the log itself, after this.
        self.call_next(self._tell_anew)

    def _tell_anew(self) -> None:
        width = self.scrollable_content_region.width
        if width and width != self._told_at and self._told:
            told = self._told
            self.clear()
            for sentence in told:
                self.tell(sentence)


class Detail(Vertical):
    """Asks for a side when it is opened, and shows the lines that come."""

    DEFAULT_CSS = """
    Detail {
        border: round $lab-line; border-title-color: $lab-head; padding: 0; background: $lab-background;
        &:focus-within { border: round $lab-link; }
        TabbedContent { height: 1fr; }
        Tab { color: $lab-muted; }
        Tab.-active { color: $lab-text; text-style: bold underline; }
        Underline { display: none; }
        Tabs { height: 1; }
        #tabs-list-bar, #tabs-scroll { height: 1; }
        TabPane { padding: 0 1; height: 1fr; }
        RichLog { background: $lab-background; color: $lab-text; scrollbar-size-vertical: 1; }
    }
    """
    HELP_TOPIC = "detail"

    def __init__(self, say: Say) -> None:
        super().__init__(id="detail")
        self._say = say
        self._target: Reference | None = None

    def compose(self) -> ComposeResult:
        self.border_title = self._say("tui.detail.nothing")
        with TabbedContent(id="aspects"):
            for aspect in ASPECTS:
                with TabPane(self._say(f"tui.detail.{aspect}"), id=aspect):
                    # Reasons are sentences; all else is lined up, and scrolls sideways.
                    if aspect == "why":
                        yield Sentences(f"{aspect}-text")
                    else:
                        yield RichLog(max_lines=_LINES, markup=False, highlight=False, id=f"{aspect}-text")

    @property
    def target(self) -> Reference | None:
        return self._target

    @property
    def aspect(self) -> Aspect:
        active = self.query_one(TabbedContent).active
        return next((aspect for aspect in ASPECTS if aspect == active), "summary")

    def point(self, target: Reference, aspect: Aspect | None = None) -> None:
        """Show this object, from the side that is open or the one that is asked for."""
        self._target = target
        self.add_class("-pointed")
        self.border_title = str(target)
        for log in self.query(RichLog):
            log.clear()
        if aspect is not None and aspect != self.aspect:
            self.query_one(TabbedContent).active = aspect
        else:
            self.post_message(AspectWanted(target, self.aspect))

    def show_lines(self, target: Reference, aspect: Aspect, lines: Iterable[str], *, add: bool = False) -> None:
        """Lines that came for an object; those of one that is no longer shown are left out."""
        if target != self._target:
            return
        log = self.query_one(f"#{aspect}-text", RichLog)
        if not add:
            log.clear()
        for line in lines:
            text = Text(line, style=self._style(aspect, line))
            if isinstance(log, Sentences):
                log.tell(text)
            else:
                log.write(text, scroll_end=aspect == "logs")

    def on_tabbed_content_tab_activated(self, event: TabbedContent.TabActivated) -> None:
        event.stop()
        if self._target is not None:
            self.post_message(AspectWanted(self._target, self.aspect))

    def _style(self, aspect: Aspect, line: str) -> str:
        role = ""
        if aspect == "why" and line.startswith("→"):
            role = "bad"
        elif aspect == "events" and line.startswith("Warning"):
            role = "wait"
        return colour(self.app.theme_variables, role)
