"""Namespace deletion: empties a namespace that is being deleted, says in its conditions what is left, and lets it go.

Pods go first and everything else waits for them, so that what a pod needs (its config, its secrets, its policies)
outlives it. Nothing is polled: each object that disappears brings the namespace back into the queue.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NAMESPACES, PODS
from liqolab.apimachinery.errors import ApiError, missing_ok
from liqolab.apimachinery.resources import Object, Objects, Resource
from liqolab.controller.discovery import Served
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.controllers import texts
from liqolab.kube.controllers.census import Census

WORKERS = 10
FINALIZER = "kubernetes"
_UNTRACKED_RETRY_SECONDS = 1.0


@dataclass(slots=True)
class _Purge:
    """What one attempt to empty a namespace left behind."""

    remaining: Counter[str] = field(default_factory=Counter)
    finalizers: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return not self.remaining and not self.errors


class NamespaceController:
    def __init__(self, manager: Manager, census: Census) -> None:
        self._client = manager.client
        self._census = census
        self._namespaces = manager.informer(NAMESPACES)
        self._controller = manager.add(Controller("namespace-controller", self._reconcile, workers=WORKERS))
        self._namespaces.add_handler(self._observe)
        census.add_handler(self._observe_content)

    def _observe(self, change: Change, new: Object, old: Object | None) -> None:
        if change != "DELETED" and meta.is_deleting(new):
            self._controller.queue.add(meta.name(new))

    def _observe_content(self, resource: Resource, change: Change, new: Object, old: Object | None) -> None:
        """Something changed in a namespace that may be waiting for just that."""
        name = meta.namespace(new)
        namespace = self._namespaces.get(name) if name else None
        if namespace is not None and meta.is_deleting(namespace):
            self._controller.queue.add(name)

    async def _reconcile(self, name: str) -> float | None:
        namespace = self._namespaces.get(name)
        if namespace is None or not meta.is_deleting(namespace):
            return None
        if FINALIZER not in (namespace["spec"].get("finalizers") or []):
            return None
        await self._census.complete()
        purge = await self._purge(name)
        namespace = await self._tell(namespace, purge)
        if purge.complete:
            await self._let_go(namespace)
            return None
        # Objects of a resource that cannot be watched, and failed requests, give no sign: look again.
        return _UNTRACKED_RETRY_SECONDS if purge.errors else None

    async def _purge(self, namespace: str) -> _Purge:
        purge = _Purge()
        resources = self._census.namespaced()
        for served in resources:
            if served.resource == PODS:
                await self._empty(served, namespace, purge)
        if purge.complete:
            for served in resources:
                if served.resource != PODS:
                    await self._empty(served, namespace, purge)
        return purge

    async def _empty(self, served: Served, namespace: str, purge: _Purge) -> None:
        resource = served.resource
        try:
            items = (await self._client.list(resource, namespace)).items
            if items:
                await self._delete_all(served, namespace, items)
                items = (await self._client.list(resource, namespace)).items
        except ApiError as error:
            # 404 and 405: the resource itself went away, or has no such collection.
            if error.code not in (404, 405):
                purge.errors.append(error.message)
            return
        if items:
            purge.remaining[f"{resource.plural}.{resource.group}"] = len(items)
            purge.finalizers.update(finalizer for item in items for finalizer in meta.finalizers(item))

    async def _delete_all(self, served: Served, namespace: str, items: Objects) -> None:
        resource = served.resource
        if "deletecollection" in served.verbs:
            await self._client.delete_collection(resource, namespace, propagation="Background")
            return
        await asyncio.gather(
            *(self._client.remove(resource, meta.name(item), namespace, propagation="Background") for item in items)
        )

    async def _tell(self, namespace: Object, purge: _Purge) -> Object:
        """Write the conditions, if they changed."""
        known: Objects = meta.get_path(namespace, "status", "conditions", default=[])
        conditions = known
        for kind, status, reason, message in _rows(purge):
            row = {"type": kind, "status": status, "reason": reason, "message": message}
            if not row.items() <= (meta.find_condition(conditions, kind) or {}).items():
                conditions = meta.set_condition(conditions, row)
        if conditions is known:
            return namespace
        body = {**namespace, "status": {**namespace.get("status", {}), "conditions": conditions}}
        return await self._client.update(NAMESPACES, body, subresource="status")

    async def _let_go(self, namespace: Object) -> None:
        left = [entry for entry in namespace["spec"].get("finalizers", []) if entry != FINALIZER]
        body = {**namespace, "spec": {**namespace["spec"], "finalizers": left}}
        with missing_ok:
            await self._client.update(NAMESPACES, body, subresource="finalize")


def _rows(purge: _Purge) -> list[tuple[str, str, str, str]]:
    """All five conditions: (type, status, reason, message)."""
    rows = [
        ("NamespaceDeletionDiscoveryFailure", *texts.DISCOVERED),
        ("NamespaceDeletionGroupVersionParsingFailure", *texts.PARSED),
    ]
    failed, remain, held = texts.CONTENT_DELETED, texts.CONTENT_REMOVED, texts.NO_FINALIZERS
    if purge.errors:
        message = texts.CONTENT_FAILED_MESSAGE.format(count=len(purge.errors), errors=", ".join(sorted(purge.errors)))
        failed = ("True", texts.CONTENT_FAILED, message)
    if purge.remaining:
        parts = [f"{resource} has {count} resource instances" for resource, count in sorted(purge.remaining.items())]
        remain = ("True", texts.CONTENT_REMAINS, texts.CONTENT_REMAINS_MESSAGE + ", ".join(parts))
    if purge.finalizers:
        parts = [f"{name} in {count} resource instances" for name, count in sorted(purge.finalizers.items())]
        held = ("True", texts.FINALIZERS_REMAIN, texts.FINALIZERS_REMAIN_MESSAGE + ", ".join(parts))
    rows += [("NamespaceDeletionContentFailure", *failed)]
    return [*rows, ("NamespaceContentRemaining", *remain), ("NamespaceFinalizersRemaining", *held)]
