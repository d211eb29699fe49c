"""The picture: one small chart a series, both axes logarithmic, ours beside the real one; plain SVG."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

Lines = Mapping[str, Mapping[int, float]]
"""Name of a line → size → cost."""

_WIDTH, _HEIGHT = 300, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 34, 34
_COLUMNS = 3
_COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7c3aed")
_STYLE = (
    "text{font:11px sans-serif;fill:#444}.title{font-weight:bold;fill:#111}.grid{stroke:#ddd}"
    "polyline{fill:none;stroke-width:2}"
)


def picture(charts: Sequence[tuple[str, str, Lines]]) -> str:
    """An SVG document.

    Args:
        charts: title, unit and lines of each.
    """
    rows = -(-len(charts) // _COLUMNS)
    size = f'width="{_COLUMNS * _WIDTH}" height="{rows * _HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="How costs grow">',
        f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
    ]
    for number, (title, unit, lines) in enumerate(charts):
        x, y = number % _COLUMNS * _WIDTH, number // _COLUMNS * _HEIGHT
        parts += [f'<g transform="translate({x} {y})">', *_chart(title, unit, lines), "</g>"]
    return "\n".join([*parts, "</svg>\n"])


def _chart(title: str, unit: str, lines: Lines) -> list[str]:
    points = [(size, cost) for line in lines.values() for size, cost in line.items() if cost > 0]
    if not points:
        return []
    across = _Axis([size for size, _ in points], _LEFT, _WIDTH - _RIGHT)
    up = _Axis([cost for _, cost in points], _HEIGHT - _BOTTOM, _TOP + 14)
    parts = [_text(_LEFT, 16, f"{title} ({unit})", "title")]
    for size in sorted({size for size, _ in points}):
        parts.append(_text(across(size), _HEIGHT - _BOTTOM + 15, f"{size:,}", anchor="middle"))
    for decade in up.decades():
        y = up(decade)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 5, y + 4, f"{decade:g}", anchor="end"))
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{across(size):.1f},{up(cost):.1f}" for size, cost in sorted(line.items()) if cost > 0)
        parts.append(f'<polyline points="{path}" stroke="{colour}"/>')
        parts.append(f'<rect x="{_LEFT + number * 100}" y="24" width="10" height="3" fill="{colour}"/>')
        parts.append(_text(_LEFT + 14 + number * 100, 29, name))
    return parts


class _Axis:
    """Where a value is, between two ends; logarithmic."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low, self._high = math.log10(min(values)), math.log10(max(values))
        if self._high - self._low < 1:
            self._low, self._high = self._low - 0.5, self._high + 0.5
        self._start, self._end = start, end

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return self._start + share * (self._end - self._start)

    def decades(self) -> list[float]:
        """The powers of ten that are on it."""
        return [10.0**power for power in range(math.ceil(self._low), math.floor(self._high) + 1)]


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
