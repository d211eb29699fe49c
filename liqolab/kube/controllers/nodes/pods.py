"""The pods of a node, and how their status is changed from outside of it."""

from __future__ import annotations

from collections.abc import Iterable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Objects
from liqolab.controller.client import Client
from liqolab.controller.informer import Informer
from liqolab.controller.manager import Manager
from liqolab.kube.controllers import texts

_BY_NODE = "node"


def node_name(pod: Object) -> str:
    """The node that the pod is bound to, or an empty string."""
    name: str = pod["spec"].get("nodeName") or ""
    return name


class NodePods:
    """The pods informer, searchable by node."""

    def __init__(self, manager: Manager) -> None:
        self.informer: Informer = manager.informer(PODS)
        self.informer.add_indexer(_BY_NODE, _bound_to)

    def of(self, node: str) -> Objects:
        return self.informer.by_index(_BY_NODE, node)


def _bound_to(pod: Object) -> Iterable[str]:
    name = node_name(pod)
    return (name,) if name else ()


async def mark_disrupted(client: Client, pod: Object, reason: str, message: str, **status: str) -> bool:
    """Say in the pod's conditions why it is about to be deleted, and set other `status` fields.

    Returns:
        False when the pod (this very one, by uid) no longer exists.
    """
    condition = {"type": texts.DISRUPTION_TARGET, "status": "True", "reason": reason, "message": message}
    known: Objects = meta.get_path(pod, "status", "conditions", default=[])
    body = {
        "metadata": {"uid": meta.uid(pod), "resourceVersion": meta.resource_version(pod)},
        "status": {**status, "conditions": meta.set_condition(known, condition)},
    }
    return await patch_status(client, pod, body)


async def patch_status(client: Client, pod: Object, body: Object) -> bool:
    try:
        await client.patch(PODS, meta.name(pod), body, meta.namespace(pod), subresource="status")
    except ApiError as error:
        if error.not_found:
            return False
        raise
    return True


async def delete(client: Client, pod: Object, grace_seconds: int | None = None) -> None:
    """Delete this very pod; one that is gone is no error."""
    try:
        await client.delete(PODS, meta.name(pod), meta.namespace(pod), grace_seconds=grace_seconds, uid=meta.uid(pod))
    except ApiError as error:
        if not (error.not_found or error.conflict):
            raise
