"""The taints that stand for a node's conditions; pure.

The controller owns exactly these pairs of key and effect; every other taint (Liqo's among them) stays as it is.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers import texts

_OWNED = frozenset(
    {
        (texts.TAINT_NOT_READY, "NoSchedule"),
        (texts.TAINT_NOT_READY, "NoExecute"),
        (texts.TAINT_UNREACHABLE, "NoSchedule"),
        (texts.TAINT_UNREACHABLE, "NoExecute"),
        (texts.TAINT_UNSCHEDULABLE, "NoSchedule"),
        *((key, "NoSchedule") for key in texts.TAINT_OF_CONDITION.values()),
    }
)


def wanted_taints(node: Object, present: Objects, *, evict: bool, now: str) -> Objects:
    """The node's taints as they should be; `present` itself (equal to it) when nothing is to change.

    Args:
        node: its conditions and ``spec.unschedulable`` count.
        present: its taints.
        evict: whether a node that is not ready also gets the NoExecute taint, which drives pods away.
        now: time stamp for new taints.
    """
    wanted = dict.fromkeys(_due(node, evict))
    kept = []
    for taint in present:
        pair = (taint["key"], taint["effect"])
        if pair in wanted:
            del wanted[pair]
        elif pair in _OWNED:
            continue
        kept.append(taint)
    return kept + [{"key": key, "effect": effect, "timeAdded": now} for key, effect in wanted]


def _due(node: Object, evict: bool) -> list[tuple[str, str]]:
    due = [(key, "NoSchedule") for kind, key in texts.TAINT_OF_CONDITION.items() if meta.condition_is_true(node, kind)]
    if node["spec"].get("unschedulable"):
        due.append((texts.TAINT_UNSCHEDULABLE, "NoSchedule"))
    ready = meta.find_condition(node, "Ready")
    if ready is None or ready["status"] == "True":
        # Before the first status the server's own not-ready taint (set at registration) has to stay.
        return due + ([] if ready else [(texts.TAINT_NOT_READY, "NoSchedule")])
    key = texts.TAINT_NOT_READY if ready["status"] == "False" else texts.TAINT_UNREACHABLE
    return [*due, (key, "NoSchedule"), *([(key, "NoExecute")] if evict else [])]
