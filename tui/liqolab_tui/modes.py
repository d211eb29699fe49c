"""The modes and their screens, each imported when it is first gone to: the first frame needs only one of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from textual.screen import Screen

from liqolab_tui.screens.lesson import LessonScreen


def _made(module: str, name: str) -> Screen[Any]:
    screen: Screen[Any] = getattr(importlib.import_module(f"liqolab_tui.screens.{module}"), name)()
    return screen


SCREENS: Mapping[str, Callable[[], Screen[Any]]] = {
    "lesson": LessonScreen,
    "map": partial(_made, "map", "MapScreen"),
    "explorer": partial(_made, "explorer", "ExplorerScreen"),
    "acceptance": partial(_made, "acceptance", "AcceptanceScreen"),
    "snapshots": partial(_made, "snapshots", "SnapshotsScreen"),
}
"""Mode to what makes its screen."""
