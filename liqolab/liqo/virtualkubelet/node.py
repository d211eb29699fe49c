"""The Node object of the provider: registered, kept true, and given back.

It follows the ResourceOffer (labels, capacity) and the tunnel (Ready, NetworkUnavailable). While the provider does not
answer nothing is written, as from a kubelet that is gone: the node controller of this cluster draws the conclusions.
A finalizer on the offer keeps it, and with it this process, until the node has been drained and deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from liqolab.apimachinery import meta, timestamps
from liqolab.apimachinery.builtin import NODES
from liqolab.apimachinery.errors import existing_ok
from liqolab.apimachinery.patches import diff_merge
from liqolab.apimachinery.resources import Object
from liqolab.controller.manager import Controller, Manager
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.resources import RESOURCE_OFFERS
from liqolab.liqo.virtualkubelet import nodeforge
from liqolab.liqo.virtualkubelet.addresses import Addresses
from liqolab.liqo.virtualkubelet.pair import Pair
from liqolab.liqo.virtualkubelet.withdrawal import Withdrawal

_HEARTBEAT_SECONDS = 60.0
_KEY = "node"


class NodeKeeper:
    """A controller with one key. `alive` says whether the provider answers."""

    def __init__(
        self,
        manager: Manager,
        pair: Pair,
        addresses: Addresses,
        withdrawal: Withdrawal,
        alive: Callable[[], bool],
    ) -> None:
        self._client = manager.client
        self._pair = pair
        self._addresses = addresses
        self._withdrawal = withdrawal
        self._alive = alive
        self._version = ""
        self._beaten = float("-inf")
        self._nodes = manager.informer(NODES, fields=f"metadata.name={pair.node}")
        self._offers = manager.informer(RESOURCE_OFFERS, pair.tenant)
        self.controller = Controller("virtual-node", self.reconcile)
        self.controller.watches(self._nodes, lambda _: (_KEY,))
        self.controller.watches(self._offers, lambda _: (_KEY,))
        manager.add(self.controller)

    def recheck(self) -> None:
        self.controller.queue.add(_KEY)

    @property
    def abandoned(self) -> bool:
        """Whether the provider's offer was deleted on this side while the provider does not answer."""
        offer = self._offer()
        return offer is not None and meta.is_deleting(offer) and not self._alive()

    async def reconcile(self, _: str) -> float | None:
        offer, node = self._offer(), self._nodes.get(self._pair.node)
        if offer is None:
            return None
        if _withdrawn(offer):
            return await self._give_back(offer, node)
        offer = await self._hold(offer)
        if node is None:
            node = await self._register(offer)
        if meta.is_deleting(node):
            return None
        node = await self._sync_spec(node, offer)
        if self._alive():
            await self._sync_status(node, nodeforge.offered(offer), terminating=False)
        return _HEARTBEAT_SECONDS

    def _offer(self) -> Object | None:
        """The provider's offer; this cluster's own one may lie beside it."""
        found = (
            item
            for item in self._offers.list()
            if meta.get_path(item, "spec", "clusterId") == self._pair.foreign_id
            and meta.labels(item).get(names.LABEL_REPLICATION) != "true"
        )
        return next(found, None)

    async def _hold(self, offer: Object) -> Object:
        if meta.has_finalizer(offer, names.FINALIZER_NODE):
            return offer
        return await self._client.update(RESOURCE_OFFERS, meta.with_finalizer(offer, names.FINALIZER_NODE))

    async def _register(self, offer: Object) -> Object:
        with existing_ok:
            return await self._client.create(NODES, nodeforge.new_node(self._pair, offer))
        return await self._client.get(NODES, self._pair.node)

    async def _sync_spec(self, node: Object, offer: Object) -> Object:
        """Labels and the taint; what others have added stays."""
        labels = meta.labels(node) | nodeforge.node_labels(self._pair, offer)
        taints = list(meta.get_path(node, "spec", "taints", default=[]))
        if not any(row.get("key") == names.TAINT_KEY and row.get("effect") == names.TAINT_EFFECT for row in taints):
            taints.append(names.not_allowed_taint())
        if labels == meta.labels(node) and len(taints) == len(meta.get_path(node, "spec", "taints", default=[])):
            return node
        changed = {
            **node,
            "metadata": {**node["metadata"], "labels": labels},
            "spec": {**(node.get("spec") or {}), "taints": taints},
        }
        return await self._client.update(NODES, changed)

    async def _sync_status(self, node: Object, resources: dict[str, str], *, terminating: bool) -> None:
        before = node.get("status") or {}
        health = nodeforge.Health(nodeforge.sufficient(resources), self._addresses.connected, terminating)
        status = nodeforge.node_status(self._pair, before, resources, await self._api_version(), health)
        loop = asyncio.get_running_loop()
        patch = diff_merge({key: before[key] for key in status if key in before}, status)
        if not patch and loop.time() < self._beaten + _HEARTBEAT_SECONDS:
            return
        patch["conditions"] = nodeforge.beating(status["conditions"], timestamps.now())
        await self._client.patch(NODES, self._pair.node, {"status": patch}, subresource="status")
        self._beaten = loop.time()

    async def _api_version(self) -> str:
        """The version of this cluster, which the node shows as its kubelet's."""
        if not self._version:
            self._version = (await self._client.document("/version")).get("gitVersion", "")
        return self._version

    async def _give_back(self, offer: Object, node: Object | None) -> float | None:
        if node is not None:
            if not meta.is_deleting(node):
                await self._sync_status(node, nodeforge.offered(offer), terminating=True)
            return await self._withdrawal.advance(node)
        if meta.has_finalizer(offer, names.FINALIZER_NODE):
            await self._withdrawal.finish()
            await self._client.update(RESOURCE_OFFERS, meta.without_finalizer(offer, names.FINALIZER_NODE))
        return None


def _withdrawn(offer: Object) -> bool:
    """Whether the provider takes its offer back, or this cluster has refused it (a removal that has begun goes on)."""
    if meta.is_deleting(offer) or meta.get_path(offer, "spec", "withdrawalTimestamp"):
        return True
    status = offer.get("status") or {}
    refused = status.get("phase") in (texts.OFFER_REFUSED, texts.OFFER_MANUAL_ACTION_REQUIRED)
    return refused or status.get("virtualKubeletStatus") == texts.KUBELET_DELETING
