"""The exponent with which a cost grows: the slope of a straight line through the points, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Mapping


def exponent(costs: Mapping[int, float]) -> float | None:
    """By least squares; of the larger half of the sizes, for what is fixed hides how the rest grows.

    Args:
        costs: cost by size.

    Returns:
        1 when twice as much costs twice as much; None for fewer than two points.
    """
    rows = sorted((size, cost) for size, cost in costs.items() if cost > 0)
    rows = rows[-max(3, (len(rows) + 1) // 2) :]
    if len(rows) < 2:
        return None
    xs, ys = [math.log(size) for size, _ in rows], [math.log(cost) for _, cost in rows]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    across = sum((x - middle_x) ** 2 for x in xs)
    return sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / across
