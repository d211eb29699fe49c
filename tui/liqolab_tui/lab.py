"""What screens, dialogs and the palette may ask of the application, and nothing more of it than that.

The application knows all of them, so none of them may know it: they depend on this protocol, which it fulfils.
"""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import Any, Protocol

from textual.screen import Screen
from textual.signal import Signal

from liqolab_tui.engine.acceptance import AcceptanceController
from liqolab_tui.engine.clusters import ClusterController
from liqolab_tui.engine.lesson import LessonController
from liqolab_tui.engine.outlet import Outlet
from liqolab_tui.reference import Reference
from liqolab_tui.session import Session
from liqolab_tui.wording import Say


class Lab(Protocol):
    """The laboratory as its screens see it.

    Attributes:
        session: what the application was started with.
        news: what happened, for every screen.
        history: what the person typed into the prompt.
        target: what the map is to show when it is gone to.
        explored: the one cluster that the explorer shows; None for all.
        kinds: names of kinds that the explorer completes.
    """

    news: Signal[object]
    history: list[str]
    target: Reference | None
    explored: str | None
    kinds: list[str]

    session: Session

    @property
    def say(self) -> Say: ...

    @property
    def outlet(self) -> Outlet: ...

    @property
    def lesson(self) -> LessonController: ...

    @property
    def clusters(self) -> ClusterController: ...

    @property
    def acceptance(self) -> AcceptanceController: ...

    @property
    def screen(self) -> Screen[Any]: ...

    def action_course(self) -> object: ...

    def switch_mode(self, mode: str) -> Awaitable[object]: ...

    def action_mode(self, mode: str) -> None: ...

    async def go(self, mode: str) -> None: ...

    def look_at(self, target: Reference) -> None: ...

    def open_page(self, page: Path) -> None: ...

    def choose_theme(self, theme: str) -> None: ...

    def speak(self, language: str) -> None: ...

    def action_explain_keys(self) -> None: ...

    def action_shell(self) -> None: ...

    async def action_quit(self) -> None: ...
