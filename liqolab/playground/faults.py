"""What can be wrong with a playground on purpose, and what a provider's clusters have to offer for it.

`liqolab.playground.chaos` is who breaks and mends; each provider that can be broken has a module that does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

What = Literal["killed", "paused", "cut", "slow", "clock"]
Link = tuple[str, str]
"""Two clusters, in the order of their names."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it should be.

    Attributes:
        where: a cluster, or a link as people write one: ``naples-venice``.
        seconds: by how much, for slow links and clocks.
    """

    where: str
    what: What
    seconds: float = 0.0

    def __str__(self) -> str:
        by = {"slow": f" by {duration(self.seconds)}", "clock": f" {duration(self.seconds, sign=True)}"}
        return f"{self.what}{by.get(self.what, '')}"


class Faults(Protocol):
    """How the clusters of one provider are broken and mended. Names are of clusters that exist.

    Every method may be repeated, and raises `PlaygroundError` where it cannot be done; the text says what can.
    """

    async def kill(self, name: str) -> None:
        """Have nothing of the cluster run, without a word to it."""

    async def pause(self, name: str) -> None:
        """Have all of the cluster stand still, with what it has open."""

    async def clock(self, name: str, seconds: float) -> None:
        """Have the cluster's clock go that much ahead of the machine's."""

    async def link(self, link: Link, *, cut: bool = False, delay: float = 0.0) -> None:
        """Have a link that is so, and not as it was before."""

    async def mend(self, name: str) -> None:
        """Have the cluster run, with the machine's clock."""

    async def in_effect(self) -> list[Fault]:
        """What is not as it should be: clusters first."""


def link(one: str, other: str) -> Link:
    """The link between two clusters."""
    return (one, other) if one < other else (other, one)


def duration(seconds: float, *, sign: bool = False) -> str:
    """Seconds as people write them: ``200ms``, ``1h30m``; with a sign, ``+1h``."""
    mark = "-" if seconds < 0 else "+" if sign else ""
    minutes, rest = divmod(round(abs(seconds), 3), 60)
    if not minutes and 0 < rest < 1:
        return f"{mark}{rest * 1000:g}ms"
    hours, minutes = divmod(int(minutes), 60)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{rest:g}s" if rest else ""]
    return mark + ("".join(parts) or "0s")
