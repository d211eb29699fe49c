"""The signs. Each state has a sign of its own shape and a word; colour only repeats what they say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PODS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "Running": ("●", "good"),
        "Succeeded": ("✓", "good"),
        "Pending": ("◌", "wait"),
        "Terminating": ("◍", "wait"),
        "Unschedulable": ("⊘", "bad"),
        "Failing": ("▲", "bad"),
        "Failed": ("✗", "bad"),
    }
)
"""Pod state to sign and role, in the order in which counts are shown."""

LIGHTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"off": ("○", "muted"), "on": ("●", "good"), "dark": ("◐", "wait")}
)
"""State of a task's light to sign and role."""

STEPS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"new": ("·", "muted"), "begun": ("◦", "key"), "passed": ("✓", "good")}
)
"""State of a lesson's step to sign and role."""

RESULTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "waiting": ("·", "muted"),
        "running": ("▸", "key"),
        "passed": ("✓", "good"),
        "failed": ("✗", "bad"),
        "undefined": ("?", "virtual"),
        "ambiguous": ("≈", "virtual"),
        "skipped": ("–", "muted"),
        "pending": ("…", "wait"),
    }
)
"""How a sentence of a feature went, to sign and role."""

DEVIATIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"missing": ("+", "wait"), "extra": ("−", "bad"), "different": ("≠", "virtual")}
)
"""What there is to do about a difference from the goal, to sign and role."""

PHYSICAL, VIRTUAL = "■", "□"
TOWARDS, FROM = "⇢", "⇠"
READY, UNREACHABLE = "●", "✗"
