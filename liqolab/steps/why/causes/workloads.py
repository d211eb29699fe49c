"""Deployments and everything else that makes pods: refused pods, and pods that do not become ready."""

from __future__ import annotations

import re

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DAEMON_SETS, DEPLOYMENTS, JOBS, PODS, REPLICA_SETS
from liqolab.apimachinery.resources import Object
from liqolab.steps.why.causes import phrases
from liqolab.steps.why.causes.engine import Case, Finding
from liqolab.steps.why.causes.owners import children, pods_of

_QUOTA = re.compile(r"exceeded quota: ([^,]+), requested: (.+?), used: (.+?), limited: (.+?)\s*$", re.DOTALL)
_UNCALLABLE = re.compile(r'failed calling webhook "([^"]+)": (.*)', re.DOTALL)
_DENIED = re.compile(r'admission webhook "([^"]+)" denied the request(?: without explanation)?:?\s*(.*)', re.DOTALL)
_ACCOUNT = re.compile(r"error looking up service account ([\w.-]+)/([\w.-]+):")
_FAILURES = ("FailedCreate", "FailedCreatePodTemplate", "ReplicaSetCreateError")


def pods_refused(case: Case) -> Finding | None:
    """A workload whose pods the API server does not accept."""
    if is_content(case):
        return None
    message = _refusal(case, case.object)
    if case.resource == DEPLOYMENTS and not message:
        for maker in children(case.evidence, case.cluster, case.object, REPLICA_SETS):
            message = message or (_refusal(case, maker) if meta.get_path(maker, "spec", "replicas", default=0) else "")
    return Finding(f"{case.title} cannot make its pods: {refusal(message)}") if message else None


def refusal(message: str) -> str:
    """What an API server's refusal of a pod means, in words."""
    if found := _QUOTA.search(message):
        name, requested, used, limited = found.groups()
        return f'quota "{name}" is used up: it allows {limited}, {used} is in use, and {requested} more was asked for'
    if found := _UNCALLABLE.search(message):
        return f'webhook "{found[1]}" has to be asked and cannot be called: {_last_part(found[2])}'
    if found := _DENIED.search(message):
        return f'webhook "{found[1]}" denied it{f": {found[2].strip()}" if found[2].strip() else ""}'
    if found := _ACCOUNT.search(message):
        return f'service account "{found[2]}" does not exist in namespace "{found[1]}"'
    return message.strip()


def _last_part(message: str) -> str:
    """The end of a chain of Go errors: its beginning only repeats the address."""
    return message.rpartition('": ')[2].strip() or message.strip()


def _refusal(case: Case, maker: Object) -> str:
    """The API server's words about a pod that it did not take, as the maker of the pods tells them."""
    condition = meta.find_condition(maker, "ReplicaFailure")
    if condition is not None and condition.get("status") == "True":
        return str(condition.get("message", ""))
    if children(case.evidence, case.cluster, maker, PODS):
        return ""
    for event in reversed(case.evidence.events(case.cluster, case.namespace)):
        about = event.get("involvedObject") or {}
        if event.get("reason") in _FAILURES and about.get("uid") == meta.uid(maker):
            return str(event.get("message", ""))
    return ""


def paused(case: Case) -> Finding | None:
    """A deployment that was told not to roll out."""
    if meta.get_path(case.object, "spec", "paused") and not is_content(case):
        return Finding(f"{case.title} is paused, so it makes no new pods")
    return None


def pods_not_ready(case: Case) -> Finding | None:
    """A link to the first pod that is not ready."""
    if is_content(case):
        return None
    pods = pods_of(case.evidence, case.cluster, case.resource, case.object)
    waiting = [pod for pod in pods if not meta.is_deleting(pod) and not _is_done(case, pod)]
    if not waiting:
        return None
    wanted, there = _wanted(case), len([pod for pod in pods if meta.pod_is_ready(pod)])
    text = f"{case.title} has {there} of {phrases.counted(wanted, 'pod')} ready"
    if case.resource == JOBS:
        text = f"{case.title} is not complete"
    return Finding(text, case.place(PODS, waiting[0]))


def is_content(case: Case) -> bool:
    """Whether the workload has all that it wants."""
    status = case.object.get("status") or {}
    if case.resource == JOBS:
        return meta.condition_is_true(case.object, "Complete") or bool(meta.get_path(case.object, "spec", "suspend"))
    if case.resource == DAEMON_SETS:
        return bool(status.get("numberReady", 0) >= status.get("desiredNumberScheduled", 0))
    if status.get("observedGeneration", 0) < meta.generation(case.object):
        return False
    wanted = _wanted(case)
    updated = status.get("updatedReplicas", wanted if case.resource != DEPLOYMENTS else 0)
    return bool(min(status.get("readyReplicas", 0), updated) >= wanted)


def _wanted(case: Case) -> int:
    if case.resource == DAEMON_SETS:
        return int(meta.get_path(case.object, "status", "desiredNumberScheduled", default=0))
    return int(meta.get_path(case.object, "spec", "replicas", default=1))


def _is_done(case: Case, pod: Object) -> bool:
    if case.resource == JOBS:
        return bool(meta.get_path(pod, "status", "phase") == "Succeeded")
    return meta.pod_is_ready(pod)
