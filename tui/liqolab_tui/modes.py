"""The modes and their screens, each imported when it is first gone to: the first picture needs only one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from textual.screen import Screen

from liqolab_tui.screens.lesson import LessonScreen


def _map() -> Screen[None]:
    from liqolab_tui.screens.map import MapScreen

    return MapScreen()


def _explorer() -> Screen[None]:
    from liqolab_tui.screens.explorer import ExplorerScreen

    return ExplorerScreen()


def _acceptance() -> Screen[None]:
    from liqolab_tui.screens.acceptance import AcceptanceScreen

    return AcceptanceScreen()


def _snapshots() -> Screen[None]:
    from liqolab_tui.screens.snapshots import SnapshotsScreen

    return SnapshotsScreen()


SCREENS: Mapping[str, str | Callable[[], Screen[Any]]] = {
    "lesson": LessonScreen,
    "map": _map,
    "explorer": _explorer,
    "acceptance": _acceptance,
    "snapshots": _snapshots,
}
"""Mode to what makes its screen."""
