"""Which pods a scale-down takes first.

The order prefers pods that cost least: not scheduled, not running, not ready, cheap by annotation, crowded on a node,
ready only recently, restarted often, young.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.resources import Object

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_PHASE_ORDER = {"Pending": 0, "Unknown": 1, "Running": 2}

Rank = tuple[bool, int, bool, int, int, float, int, float, str]


def deletion_order(candidates: Sequence[Object], related: Sequence[Object], now: float) -> list[Object]:
    """`candidates`, the first to delete first.

    Args:
        candidates: active pods of the controller that scales down.
        related: active pods of all controllers with the same owner (the replica sets of one deployment); pods on
            nodes that run many of these go first.
        now: seconds since the epoch.
    """
    crowd = Counter(pod["spec"].get("nodeName") for pod in related)
    return sorted(candidates, key=lambda pod: _rank(pod, crowd, now))


def _rank(pod: Object, crowd: Counter[str | None], now: float) -> Rank:
    node = pod["spec"].get("nodeName")
    status = pod.get("status", {})
    restarts = max((entry.get("restartCount", 0) for entry in status.get("containerStatuses", [])), default=0)
    ready = meta.pod_is_ready(pod)
    ready_since = meta.find_condition(pod, "Ready") if ready else None
    return (
        bool(node),
        _PHASE_ORDER.get(status.get("phase", ""), 0),
        ready,
        _cost(pod),
        -crowd[node],
        _age_bucket((ready_since or {}).get("lastTransitionTime"), now),
        -restarts,
        _age_bucket(pod["metadata"].get("creationTimestamp"), now),
        pod["metadata"].get("uid", ""),
    )


def _cost(pod: Object) -> int:
    try:
        return int(meta.annotations(pod).get(DELETION_COST, "0"))
    except ValueError:
        return 0


def _age_bucket(since: str | None, now: float) -> float:
    """Ages on a logarithmic scale: pods of about the same age count as equal, so that chance spreads deletions."""
    if not since:
        return -1.0
    age = now - timestamps.parse(since).timestamp()
    return math.floor(math.log2(age)) if age >= 1 else 0.0
