"""What a plugin says of a node that will not do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a node will not do.

    Attributes:
        plugin: who says so.
        reasons: texts that the failure message counts.
        resolvable: whether evicting pods could change it.
    """

    plugin: str
    reasons: tuple[str, ...]
    resolvable: bool
