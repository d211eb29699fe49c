"""What a glance at a pod should tell, read from its status as kubectl reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.atlas import terms
from liqolab.atlas.identities import Identities, cluster_name
from liqolab.atlas.world import Pod, PodState

_STARTING = frozenset(("", "ContainerCreating", "PodInitializing"))
"""Why a container waits when nothing is wrong."""

_BACK_OFF = "BackOff"
_TEMPLATE_HASH = re.compile(r"-[a-z0-9]{5,10}$")


def pod_view(item: Object, known: Identities) -> Pod:
    """One pod.

    Args:
        item: the object.
        known: names for the IDs of clusters.
    """
    state, reason, message = pod_state(item)
    status = item.get("status") or {}
    return Pod(
        namespace=meta.namespace(item),
        name=meta.name(item),
        state=state,
        ready=meta.pod_is_ready(item),
        node=str((item.get("spec") or {}).get("nodeName") or ""),
        app=app(item),
        reason=reason,
        message=message,
        address=str(status.get("podIP") or ""),
        offloaded_from=cluster_name(_origin(item), known),
        restarts=sum(int(container.get("restartCount") or 0) for container in status.get("containerStatuses") or ()),
    )


def is_refused_copy(item: Object) -> bool:
    """Whether this is a copy of a machinery DaemonSet (kube-proxy, the network) that a virtual node has turned away.

    Such DaemonSets tolerate every node, so each virtual one gets a copy, which is refused for good. Nothing is wrong
    then; a view that counted them as failing would frighten people after every peering that went well.
    """
    owner = meta.controller_of(item)
    refused = str(meta.get_path(item, "status", "reason", default="")).endswith(_BACK_OFF)
    return refused and owner is not None and owner.get("kind") == "DaemonSet" and terms.is_system(meta.namespace(item))


def pod_state(item: Object) -> tuple[PodState, str, str]:
    """State, the word for why it is not well, and the sentence to it."""
    status = item.get("status") or {}
    phase, reason, message = (str(status.get(key) or "") for key in ("phase", "reason", "message"))
    if meta.is_deleting(item):
        return "Terminating", reason, message
    if phase == "Succeeded":
        return "Succeeded", "", ""
    if phase == "Failed":
        return "Failed", reason, message
    if reason.endswith(_BACK_OFF):
        return "Failing", reason, message
    for trouble in _troubles(status):
        return "Failing", *trouble
    if phase == "Running":
        return "Running", reason, message
    scheduled = meta.find_condition(item, "PodScheduled") or {}
    if scheduled.get("status") == "False":
        reason, message = str(scheduled.get("reason") or ""), str(scheduled.get("message") or "")
        return ("Unschedulable" if reason == "Unschedulable" else "Pending"), reason, message
    return "Pending", reason or _waiting(status), message


def app(item: Object) -> str:
    """What the pod is an instance of: a label that says so, else its controller, else itself."""
    labels = meta.labels(item)
    for key in terms.APP_LABELS:
        if labels.get(key):
            return str(labels[key])
    owner = meta.controller_of(item)
    if owner is None or owner.get("kind") == "Node":
        return meta.name(item)
    name = str(owner.get("name") or "")
    return _TEMPLATE_HASH.sub("", name) if owner.get("kind") == "ReplicaSet" else name


def _origin(item: Object) -> str:
    labels = meta.labels(item)
    return str(labels.get(terms.LABEL_ORIGIN) or labels.get(terms.LABEL_ORIGIN_LATER) or "")


def _containers(status: Object) -> Iterator[Object]:
    for field in ("initContainerStatuses", "containerStatuses"):
        yield from status.get(field) or ()


def _troubles(status: Object) -> Iterator[tuple[str, str]]:
    """Reason and message of each container that waits with an error, has just failed, or keeps being restarted."""
    for container in _containers(status):
        state = container.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
        if str(waiting.get("reason") or "") not in _STARTING:
            yield str(waiting["reason"]), str(waiting.get("message") or "")
        elif ended.get("exitCode"):
            yield str(ended.get("reason") or "Error"), f"exit code {ended['exitCode']}"
        elif container.get("restartCount") and not container.get("ready") and not ended:
            last = (container.get("lastState") or {}).get("terminated") or {}
            yield (
                "Restarting",
                f"restarted {container['restartCount']} times"
                + (f", last exit code {last['exitCode']}" if "exitCode" in last else ""),
            )


def _waiting(status: Object) -> str:
    for container in _containers(status):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason"):
            return str(waiting["reason"])
    return ""
