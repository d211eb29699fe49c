"""Actions that can be taken back: whoever changes an object first keeps what it was.

One mechanism serves all actions. Before an object is made, changed or deleted, `keep` reads it and leaves an `Undo`
that brings back what was read: an object that was not there is deleted, one that was is made so again. What lies in the
scenario's own namespace goes with that namespace, so nothing is kept of it.
"""

from __future__ import annotations

from liqolab.apimachinery.meta import controller_of, deep_copy
from liqolab.apimachinery.resources import Resource
from liqolab.steps.clusters import Cluster, Object
from liqolab.steps.lab import Lab
from liqolab.steps.observe import Subject, observe
from liqolab.steps.timing import Timing
from liqolab.steps.transport import RefusedError
from liqolab.steps.undo import Undo
from liqolab.steps.verdicts import is_there

GONE_SECONDS = 60.0
"""How long an object that is deleted may take to be gone: its finalizers and its pods' last words included."""

_SERVER_OWNED = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink")
_CONFLICT, _ATTEMPTS = 409, 5


def keep(lab: Lab, cluster: Cluster, kind: Resource, name: str, namespace: str | None) -> Object | None:
    """Note how an object is to be brought back to what it is now, and return it; None when it does not exist."""
    before = cluster.read(kind, name, namespace)
    if namespace is None or namespace != lab.own_namespace:
        lab.undo.append(undoing(cluster, kind, name, namespace, before))
    return before


def undoing(cluster: Cluster, kind: Resource, name: str, namespace: str | None, before: Object | None) -> Undo:
    """How an object is made again what it was: gone, if it was not there."""
    target = Subject.named(cluster, kind.kind.lower(), name, namespace).target
    if before is None:
        return Undo(f"delete {target}", lambda: delete(cluster, kind, name, namespace))
    return Undo(f"restore {target}", lambda: _restore(cluster, kind, before, namespace))


def delete(cluster: Cluster, kind: Resource, name: str, namespace: str | None, seconds: float = GONE_SECONDS) -> bool:
    """Delete an object and wait until it is gone; False when there was none.

    Raises:
        CheckFailedError: it is still there after `seconds`, or the cluster refuses.
    """
    before = cluster.read(kind, name, namespace)
    if before is None or not cluster.delete(kind, name, namespace):
        return False
    word = f"{kind.kind.lower()}.{kind.group}" if kind.group else kind.kind.lower()
    observe(
        Subject.named(cluster, word, name, namespace),
        # Another one of the same name may be there already: some objects are made anew the moment they are gone.
        lambda items: f"is still there{_finalizers(items[0])}" if items and _same(items[0], before) else None,
        Timing("within", seconds),
    )
    return True


def make_own_namespace(lab: Lab, cluster: Cluster) -> None:
    """Make the scenario's own namespace in a cluster, where it is not there yet; the scenario's end removes it.

    Raises:
        CheckFailedError: the cluster refuses, or does not answer.
    """
    if lab.own_namespace is not None and cluster.name not in lab.own_namespace_in:
        make_namespace(lab, cluster, lab.own_namespace)
        lab.own_namespace_in.add(cluster.name)


def make_namespace(lab: Lab, cluster: Cluster, name: str) -> bool:
    """Create a namespace with its default service account, to go with the scenario; False when it was there."""
    kind = cluster.kind("namespace")
    try:
        cluster.create(kind, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    except RefusedError as error:
        if error.status != _CONFLICT:
            raise
        return False
    lab.undo.append(undoing(cluster, kind, name, None, None))
    # Pods are refused until their service account is there, and that takes a moment.
    observe(
        Subject.named(cluster, "serviceaccount", "default", name),
        is_there,
        Timing(),
    )
    return True


def manifest_of(item: Object) -> Object:
    """What somebody would have to write to get the object: without what the server adds."""
    manifest = deep_copy(item)
    for field in _SERVER_OWNED:
        manifest["metadata"].pop(field, None)
    manifest.pop("status", None)
    return manifest


def _restore(cluster: Cluster, kind: Resource, before: Object, namespace: str | None) -> None:
    wanted = manifest_of(before)
    for attempt in range(_ATTEMPTS):
        now = cluster.read(kind, before["metadata"]["name"], namespace)
        try:
            if now is None:
                # What a controller made is made again by it, under another name as often as not.
                if controller_of(before) is None:
                    cluster.create(kind, wanted, namespace)
                return
            wanted["metadata"]["resourceVersion"] = now["metadata"]["resourceVersion"]
            cluster.replace(kind, wanted, namespace)
        except RefusedError as error:
            # Somebody else has written in between.
            if error.status != _CONFLICT or attempt == _ATTEMPTS - 1:
                raise
            wanted["metadata"].pop("resourceVersion", None)
        else:
            return


def _same(one: Object, other: Object) -> bool:
    return bool(one["metadata"]["uid"] == other["metadata"]["uid"])


def _finalizers(item: Object) -> str:
    left = item["metadata"].get("finalizers") or item.get("spec", {}).get("finalizers") or []
    return f" (waiting for {', '.join(left)})" if left else ""
