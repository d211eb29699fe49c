"""Which policy a namespace has right now, without asking the API server for every pod.

The answer comes from an informer, so it costs nothing; but an informer is behind by the length of a watch event, and
a pod that is created right after ``liqoctl offload`` must meet the new policy. Every write of a NamespaceOffloading
passes the validating webhook of this same process first. From that moment until the informer has caught up, the
namespace's policy is read from the API server.
"""

from __future__ import annotations

import asyncio

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.informer import Change, Informer
from liqolab.liqo.gen05.names import NAMESPACE_OFFLOADING
from liqolab.liqo.gen05.resources import NAMESPACE_OFFLOADINGS

_DOUBT_SECONDS = 5.0
"""How long a write that the informer never shows (denied further on) keeps the cache from being
trusted."""


class Policies:
    """The NamespaceOffloadings, by namespace."""

    def __init__(self, client: Client, informer: Informer) -> None:
        self._client = client
        self._informer = informer
        self._awaited: dict[str, tuple[float, Object]] = {}
        informer.add_handler(self._seen)

    def expect(self, offloading: Object) -> None:
        """`offloading` is about to be written."""
        now = asyncio.get_running_loop().time()
        self._awaited = {space: awaited for space, awaited in self._awaited.items() if now < awaited[0]}
        self._awaited[meta.namespace(offloading)] = (now + _DOUBT_SECONDS, offloading.get("spec") or {})

    async def get(self, namespace: str) -> Object | None:
        """The NamespaceOffloading of `namespace`, or None.

        Raises:
            ApiError, OSError: the cache does not know and the API server does not say.
        """
        known = self._informer.get(NAMESPACE_OFFLOADING, namespace)
        if known is not None and not self._doubtful(namespace):
            return known
        return await self._client.find(NAMESPACE_OFFLOADINGS, NAMESPACE_OFFLOADING, namespace)

    def _doubtful(self, namespace: str) -> bool:
        awaited = self._awaited.get(namespace)
        return awaited is not None and asyncio.get_running_loop().time() < awaited[0]

    def _seen(self, change: Change, new: Object, old: Object | None) -> None:
        awaited = self._awaited.get(meta.namespace(new))
        if change != "DELETED" and awaited is not None and awaited[1] == (new.get("spec") or {}):
            del self._awaited[meta.namespace(new)]
