"""How a number of replicas is held back: bounds, rates, and what was recommended a while ago.

An autoscaler without ``behavior`` may double (or have four) at once, and goes down only when the last five minutes
agree. One with it has both ways spelt out: the policies say how fast, the windows how sure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Final

from liqolab.apimachinery.resources import Object
from liqolab.kube.controllers.autoscaling import texts
from liqolab.kube.schema.kind_defaults import SCALE_DOWN, SCALE_UP

DOWN_WINDOW_SECONDS: Final = 300

Row = tuple[str, str, str]
"""Status, reason and message of a condition."""


@dataclass
class Memory:
    """What an autoscaler remembers: (value, moment) of recommendations, and of changes up and down."""

    recommendations: list[tuple[int, float]] = field(default_factory=list)
    ups: list[tuple[int, float]] = field(default_factory=list)
    downs: list[tuple[int, float]] = field(default_factory=list)

    def note(self, before: int, after: int, behavior: Object | None, now: float) -> None:
        """Remember a rescale, if any policy could ask for it."""
        if behavior is None:
            return
        up = after > before
        rules = _rules(behavior, up=up)
        longest = max((row["periodSeconds"] for row in rules["policies"]), default=0)
        changes = self.ups if up else self.downs
        changes[:] = [row for row in changes if row[1] >= now - longest]
        changes.append((abs(after - before), now))

    def recommend(self, replicas: int, now: float, longest: float) -> None:
        """Remember a recommendation, and forget those that no window reaches."""
        self.recommendations[:] = [row for row in self.recommendations if row[1] >= now - longest]
        self.recommendations.append((replicas, now))


@dataclass(frozen=True, slots=True)
class Held:
    """A number of replicas that may be, and what the conditions AbleToScale and ScalingLimited say of it."""

    replicas: int
    able: Row
    limited: Row


def hold(memory: Memory, spec: Object, current: int, desired: int, now: float) -> Held:
    """Hold a number back.

    Args:
        memory: the autoscaler's.
        spec: its spec.
        current: how many there are to be now.
        desired: what the metrics ask for.
        now: seconds, of any clock that `memory` was kept with.
    """
    behavior = spec.get("behavior")
    least, most = spec.get("minReplicas", 1), spec["maxReplicas"]
    if behavior is None:
        stable, able = _stable(memory, desired, now)
        allowed, why = _plain_bounds(current, stable, least, most)
    else:
        up, down = _rules(behavior, up=True), _rules(behavior, up=False)
        stable, able = _stable_both_ways(memory, up, down, current, desired, now)
        allowed, why = _rates(memory, up, down, current, stable, (least, most), now)
    return Held(allowed, able, ("False" if allowed == stable else "True", *why))


def _rules(behavior: Object, *, up: bool) -> Object:
    if up:
        return {**SCALE_UP, **(behavior.get("scaleUp") or {})}
    window = {"stabilizationWindowSeconds": DOWN_WINDOW_SECONDS}
    return {**SCALE_DOWN, **window, **(behavior.get("scaleDown") or {})}


def _stable(memory: Memory, desired: int, now: float) -> tuple[int, Row]:
    recent = [value for value, moment in memory.recommendations if moment >= now - DOWN_WINDOW_SECONDS]
    memory.recommend(desired, now, DOWN_WINDOW_SECONDS)
    highest = max([desired, *recent])
    return highest, texts.READY_FOR_NEW if highest == desired else texts.DOWN_STABILIZED


def _plain_bounds(current: int, desired: int, least: int, most: int) -> tuple[int, tuple[str, str]]:
    limit = max(2 * current, 4)
    allowed, why = (limit, texts.UP_LIMIT) if most > limit else (most, texts.TOO_MANY)
    if desired < least:
        return least, texts.TOO_FEW
    if desired > allowed:
        return allowed, why
    return desired, texts.WITHIN_RANGE


def _stable_both_ways(
    memory: Memory, up: Object, down: Object, current: int, desired: int, now: float
) -> tuple[int, Row]:
    windows = up["stabilizationWindowSeconds"], down["stabilizationWindowSeconds"]
    known = memory.recommendations
    lowest = min([desired, *(value for value, moment in known if moment > now - windows[0])])
    highest = max([desired, *(value for value, moment in known if moment > now - windows[1])])
    memory.recommend(desired, now, max(windows))
    stable = min(max(current, lowest), highest)
    if stable == desired:
        return stable, texts.READY_FOR_NEW
    return stable, texts.UP_STABILIZED if desired >= current else texts.DOWN_STABILIZED


def _rates(
    memory: Memory, up: Object, down: Object, current: int, desired: int, bounds: tuple[int, int], now: float
) -> tuple[int, tuple[str, str]]:
    least, most = bounds
    if desired > current:
        limit = max(_limit(memory, up, current, now, up=True), current)
        allowed, why = (limit, texts.UP_LIMIT) if most > limit else (most, texts.TOO_MANY)
        if desired > allowed:
            return allowed, why
    elif desired < current:
        limit = min(_limit(memory, down, current, now, up=False), current)
        allowed, why = (limit, texts.DOWN_LIMIT) if least < limit else (least, texts.TOO_FEW)
        if desired < allowed:
            return allowed, why
    return desired, texts.WITHIN_RANGE


def _limit(memory: Memory, rules: Object, current: int, now: float, *, up: bool) -> int:
    """How far the policies let go in one step."""
    if rules["selectPolicy"] == "Disabled":
        return current
    found = []
    for policy in rules["policies"]:
        since = now - policy["periodSeconds"]
        start = current - _changed(memory.ups, since) + _changed(memory.downs, since)
        found.append(_step(policy, start, up=up))
    furthest = (rules["selectPolicy"] == "Max") is up
    return max(found) if furthest else min(found)


def _step(policy: Any, start: int, *, up: bool) -> int:
    value = policy["value"]
    if policy["type"] == "Pods":
        return int(start + value if up else start - value)
    # Up at least by one, or nothing would ever become two.
    return math.ceil(start * (1 + value / 100)) if up else int(start * (1 - value / 100))


def _changed(changes: list[tuple[int, float]], since: float) -> int:
    return sum(value for value, moment in changes if moment > since)
