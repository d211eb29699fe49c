"""The signs. Each state has a sign of its own shape and a word; colour only repeats what they say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from liqolab.atlas.world import ClusterView

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

POLICY: Mapping[bool, tuple[str, str]] = MappingProxyType({True: ("✓", "good"), False: ("⊘", "wait")})
"""Whether a namespace's policy lets pods onto a node, to sign and role."""

PHYSICAL, VIRTUAL = "■", "□"
TOWARDS, FROM = "⇢", "⇠"
READY, WAITING, UNREACHABLE = "●", "◌", "✗"


def cluster_sign(view: ClusterView) -> tuple[str, str]:
    """Sign and role of a cluster: a cross only for one that is known to be gone."""
    if view.reachable:
        return READY, "good"
    return (WAITING, "wait") if view.waiting else (UNREACHABLE, "bad")
