"""Where an arrow key leads on a drawing: to the nearest spot that lies in that direction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from liqolab_tui.drawing.canvas import Spot
from liqolab_tui.reference import Reference

Direction = Literal["up", "down", "left", "right"]

_ASIDE = 3  # a step aside counts as much as so many straight on


def neighbour(spots: Sequence[Spot], at: Reference | None, direction: Direction) -> Spot | None:
    """The spot to go to; the first one when nothing is chosen yet, None when there is none that way."""
    here = find(spots, at)
    if here is None:
        return min(spots, key=lambda spot: (spot.y, spot.x), default=None)
    ways = [(distance, spot) for spot in spots if (distance := _distance(here, spot, direction)) is not None]
    return min(ways, key=lambda way: way[0])[1] if ways else None


def find(spots: Sequence[Spot], target: Reference | None) -> Spot | None:
    """The first spot that stands for `target`."""
    return next((spot for spot in spots if spot.target == target), None)


def at(spots: Sequence[Spot], x: int, y: int) -> Spot | None:
    """What is drawn at a cell."""
    return next((spot for spot in spots if spot.y == y and spot.x <= x < spot.x + spot.width), None)


def _distance(here: Spot, there: Spot, direction: Direction) -> tuple[int, int] | None:
    across = max(there.x - (here.x + here.width - 1), here.x - (there.x + there.width - 1), 0)
    down = there.y - here.y
    if direction in ("up", "down"):
        forward = down if direction == "down" else -down
        return (forward + across * _ASIDE, across) if forward > 0 else None
    ahead = there.x - here.x if direction == "right" else here.x - there.x
    if ahead <= 0 or across == 0:
        return None
    return (across + abs(down) * _ASIDE, abs(down))
