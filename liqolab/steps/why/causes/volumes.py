"""Volume claims that nobody fulfils."""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS, STORAGE_CLASSES
from liqolab.steps.why.causes.engine import Case, Finding

_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_WAITS = "WaitForFirstConsumer"


def unbound(case: Case) -> Finding | None:
    """A claim that is Pending: its class does not exist, waits for a pod, or has said what is wrong."""
    if meta.get_path(case.object, "status", "phase") != "Pending":
        return None
    named = meta.get_path(case.object, "spec", "storageClassName")
    classes = {meta.name(item): item for item in case.evidence.list(case.cluster, STORAGE_CLASSES)}
    if named and named not in classes:
        return Finding(f'{case.title} is not bound: there is no storage class "{named}"')
    defaults = [item for item in classes.values() if meta.annotations(item).get(_DEFAULT_CLASS) == "true"]
    if named is None and not defaults:
        return Finding(f"{case.title} is not bound: it names no storage class, and none is the default")
    for event in reversed(case.evidence.events(case.cluster, case.namespace)):
        about = event.get("involvedObject") or {}
        if about.get("uid") == meta.uid(case.object) and event.get("type") == "Warning":
            return Finding(f"{case.title} is not bound: {event.get('message', '')}")
    chosen = classes[named] if named else next(iter(defaults), None)
    if named == "" or chosen is None:
        return Finding(f"{case.title} is not bound: no volume that exists fits it, and it asks for none to be made")
    if chosen.get("volumeBindingMode") == _WAITS and not _is_mounted(case):
        return None
    return Finding(
        f'{case.title} is not bound: nothing has made a volume of storage class "{meta.name(chosen)}" for it'
    )


def _is_mounted(case: Case) -> bool:
    return any(
        (volume.get("persistentVolumeClaim") or {}).get("claimName") == case.name
        for pod in case.evidence.list(case.cluster, PODS, case.namespace)
        for volume in meta.get_path(pod, "spec", "volumes", default=[])
    )
