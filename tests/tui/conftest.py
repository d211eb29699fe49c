"""The application over fakes, on a screen of a given size, with everything it was told to do to be looked at."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from liqolab_tui.app import LiqolabApp
from liqolab_tui.session import Session
from textual.pilot import Pilot

from tests.tui.fakes import FakeAtlas, FakeWalkthrough

_PATIENCE = 90.0


@dataclass
class Stage:
    """An application that runs."""

    app: LiqolabApp
    pilot: Pilot[int]
    walkthrough: FakeWalkthrough
    atlas: FakeAtlas
    told: list[str] = field(default_factory=list)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, condition: Callable[[], Any]) -> None:
        """Let the application work until it is so."""
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"this never came; the screen is\n{self.text}"
            await self.pilot.pause(0.01)
        await self.pilot.pause()

    async def until_shown(self, text: str) -> None:
        await self.until(lambda: text in self.text)

    @property
    def text(self) -> str:
        """What is on the screen."""
        width, height = self.app.size
        lines = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text[:width] for strip in lines[:height])


@asynccontextmanager
async def staged(
    size: tuple[int, int] = (80, 24),
    *,
    language: str = "en",
    walkthrough: FakeWalkthrough | None = None,
    atlas: FakeAtlas | None = None,
    strict: bool = True,
    **options: Any,
) -> AsyncIterator[Stage]:
    """The application over fakes; `options` are others of the session's."""
    walkthrough, atlas = walkthrough or FakeWalkthrough(language), atlas or FakeAtlas()
    session = Session(open=lambda _: walkthrough, atlas=atlas, language=language, strict=strict, **options)
    app = LiqolabApp(session)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            stage = Stage(app, pilot, walkthrough, atlas)
            plain = app.notify

            def notify(message: str, **how: Any) -> None:
                stage.told.append(f"{how.get('title', '')} {message}".strip())
                plain(message, **how)

            app.notify = notify  # type: ignore[method-assign]
            await stage.until(lambda: app.lesson.state.opened and app.focused is not None)
            await stage.until(lambda: app.clusters.world.clusters or atlas.fails)
            yield stage
            app.exit(0)
    finally:
        app.close()


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing moves, nothing of the person's own counts, and no browser is opened."""
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
