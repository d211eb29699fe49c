"""Who owns the claims of a stateful set: nobody, the set, or a pod that is on its way out, as its policy says.

Owning is all there is to deleting: garbage collection takes a claim when its owner has gone. Pure.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS, STATEFUL_SETS
from liqolab.apimachinery.resources import Object, Objects
from liqolab.kube.controllers.statefulset import identity, plan


def owners(owner: Object, pod: Object, claim: Object) -> Objects:
    """The owner references that `claim`, which is one of `pod`'s, should have."""
    policy = owner["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    on_scaling, on_deletion = (policy.get(field) == "Delete" for field in ("whenScaled", "whenDeleted"))
    known = meta.owner_references(claim)
    ours = {(STATEFUL_SETS.kind, meta.name(owner)), (PODS.kind, meta.name(pod))}
    others = [row for row in known if (row["kind"], row["name"]) not in ours]
    if (on_scaling or on_deletion) and _has_foreign_controller(owner, pod, known, others):
        return others
    is_surplus = identity.ordinal_of(pod) not in plan.ordinals(owner)
    if on_scaling and is_surplus:
        return [*others, meta.owner_reference(pod, PODS)]
    if on_deletion:
        return [*others, meta.owner_reference(owner, STATEFUL_SETS)]
    return others


def _has_foreign_controller(owner: Object, pod: Object, known: Objects, others: Objects) -> bool:
    """Whether another controller, or a former set or pod of the same name, has the claim."""
    uids = {meta.uid(owner), meta.uid(pod)}
    return any(row.get("controller") for row in others) or any(
        row["uid"] not in uids for row in known if row not in others
    )
