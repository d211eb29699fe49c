"""Giving a virtual node back: cordon, drain, delete, in steps that can be interrupted and repeated.

Pods leave through the Eviction API, so PodDisruptionBudgets are respected, and for as long as one refuses, the node
stays. Pods of DaemonSets are left alone while the node is there, because their controller would only put them back,
and removed with it: nothing of them ever ran.
"""

from __future__ import annotations

from collections.abc import Callable

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import DAEMON_SETS, NODES, PODS
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.informer import Informer

_REFUSED_SECONDS = 10.0
_TOO_MANY_REQUESTS = 429
_EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction"}


class Withdrawal:
    """`pods` is the informer of the node's pods, `budgets` that of PodDisruptionBudgets; `advanced` is called whenever
    one of them has changed, because the next step may be possible then.
    """

    def __init__(self, client: Client, pods: Informer, budgets: Informer, advanced: Callable[[], None]) -> None:
        self._client = client
        self._pods = pods
        self._under_way = False
        for informer in (pods, budgets):
            informer.add_handler(lambda *_: advanced() if self._under_way else None)

    async def advance(self, node: Object) -> float | None:
        """Take the node's withdrawal as far as it goes now; returns when to try again at the latest."""
        self._under_way = True
        if meta.is_deleting(node):
            return None
        name = meta.name(node)
        if not meta.get_path(node, "spec", "unschedulable"):
            await self._client.patch(NODES, name, {"spec": {"unschedulable": True}})
        remaining = [pod for pod in self._pods.list() if not _stays(pod)]
        if remaining:
            refused = [pod for pod in remaining if not meta.is_deleting(pod) and not await self._evict(pod)]
            return _REFUSED_SECONDS if refused else None
        await self._client.remove(NODES, name, uid=meta.uid(node))
        return None

    async def finish(self) -> None:
        """Remove what is left on the node, which has gone."""
        for pod in self._pods.list():
            try:
                await self._client.delete(PODS, meta.name(pod), meta.namespace(pod), grace_seconds=0, uid=meta.uid(pod))
            except ApiError as error:
                if not error.not_found and not error.conflict:
                    raise

    async def _evict(self, pod: Object) -> bool:
        """Whether the pod may go."""
        name, namespace = meta.name(pod), meta.namespace(pod)
        body = {**_EVICTION, "metadata": {"name": name, "namespace": namespace}}
        try:
            await self._client.create(PODS, body, namespace, name=name, subresource="eviction")
        except ApiError as error:
            if error.code == _TOO_MANY_REQUESTS:
                return False
            if not error.not_found:
                raise
        return True


def _stays(pod: Object) -> bool:
    owner = meta.controller_of(pod)
    return owner is not None and owner.get("kind") == DAEMON_SETS.kind
