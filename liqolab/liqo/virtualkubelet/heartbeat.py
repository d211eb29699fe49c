"""Two pulses: the provider's, which is asked for, and this node's, which is given only while the other one beats.

A provider that does not answer makes the virtual kubelet fall silent, and this cluster then treats the node like any
other that has stopped reporting: Unknown after the grace period, evictions after the pods' tolerations.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.builtin import LEASES, NODES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.informer import Informer

_PING_SECONDS = 10.0
_PING_AGAIN_SECONDS = 2.0
_PING_TIMEOUT_SECONDS = 1.0
_LEASE_NAMESPACE = "kube-node-lease"
_LEASE_SECONDS = 40

_log = logging.getLogger(__name__)


class Heartbeat:
    """Attributes:
    alive: whether the provider answered last time; False before it was asked.
    """

    def __init__(
        self, clients: tuple[Client, Client], nodes: Informer, node: str, changed: Callable[[bool], None]
    ) -> None:
        """`clients` are (local, remote); `changed` is told whenever `alive` changes."""
        self.alive = False
        self._local, self._remote = clients
        self._nodes = nodes
        self._node = node
        self._changed = changed

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            alive = await self._ping()
            if alive != self.alive:
                self.alive = alive
                _log.info("the provider %s", "answers" if alive else "does not answer")
                self._changed(alive)
            if alive:
                await self._renew()
            # A pulse is a matter of time, not of events.
            await asyncio.sleep(_PING_SECONDS if alive else _PING_AGAIN_SECONDS)

    async def _ping(self) -> bool:
        try:
            async with asyncio.timeout(_PING_TIMEOUT_SECONDS):
                await self._remote.raw("/livez")
        except (ApiError, OSError) as error:
            _log.debug("ping: %s", error)
            return False
        return True

    async def _renew(self) -> None:
        """Renew the node's lease, or make it. It belongs to the node and goes with it; without one there is none."""
        node = self._nodes.get(self._node)
        if node is None:
            return
        lease: Object = {
            "metadata": {"ownerReferences": [meta.owner_reference(node, NODES, controller=False)]},
            "spec": {
                "holderIdentity": self._node,
                "leaseDurationSeconds": _LEASE_SECONDS,
                "renewTime": timestamps.now_micro(),
            },
        }
        try:
            try:
                await self._local.patch(LEASES, self._node, lease, _LEASE_NAMESPACE)
            except ApiError as error:
                if not error.not_found:
                    raise
                owners = lease["metadata"]["ownerReferences"]
                body: Object = LEASES.manifest(self._node, _LEASE_NAMESPACE, owners=owners, spec=lease["spec"])
                await self._local.create(LEASES, body, _LEASE_NAMESPACE)
        except (ApiError, OSError) as error:
            _log.warning("lease of node %s: %s", self._node, error)
