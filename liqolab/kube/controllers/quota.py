"""The status of resource quotas: how much of what a namespace uses.

Refusing what exceeds a quota is the API server's business, at the moment of each request; this controller keeps the
numbers that people look at. What one object uses is defined in one place, with that admission.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import RESOURCE_QUOTAS
from liqolab.apimachinery.quantity import Quantity
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.admission.quota import collection_of, covers, usage_of
from liqolab.kube.controllers.census import Census


class QuotaController:
    def __init__(self, manager: Manager, census: Census) -> None:
        self._client = manager.client
        self._census = census
        self._quotas = manager.informer(RESOURCE_QUOTAS)
        self._controller = manager.add(Controller("resourcequota-controller", self._reconcile))
        self._controller.watches(self._quotas)
        census.add_handler(self._observe)

    def _observe(self, resource: Resource, change: Change, new: Object, old: Object | None) -> None:
        for quota in self._quotas.list(meta.namespace(new)) if resource.namespaced else ():
            names = (quota.get("spec") or {}).get("hard") or {}
            if any(collection_of(name) == resource.group_resource for name in names):
                self._controller.queue.add(meta.key(quota))

    async def _reconcile(self, key: str) -> None:
        quota = self._quotas.by_key(key)
        if quota is None or meta.is_deleting(quota):
            return
        await self._census.complete()
        hard = (quota.get("spec") or {}).get("hard") or {}
        status = {"hard": hard, "used": {entry: str(self._used(entry, quota)) for entry in hard}}
        if status != quota.get("status"):
            await self._client.update(RESOURCE_QUOTAS, {**quota, "status": status}, subresource="status")

    def _used(self, name: str, quota: Object) -> Quantity:
        collection = collection_of(name)
        used = Quantity()
        for item in self._census.items(collection, meta.namespace(quota)):
            if covers(quota, collection, item):
                used += usage_of(collection, item).get(name, Quantity())
        return used
