"""Brings back what the system owns and somebody has deleted or changed, while the cluster runs.

A real control plane looks every ten seconds (the service ``kubernetes``) to sixty (namespaces); here a watch says when,
so it is back at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object, Resource
from liqolab.controller.client import Client
from liqolab.controller.manager import Controller, Manager, Reconcile, object_key, split_key
from liqolab.kube.controllers.workload.pods import namespace_is_terminating
from liqolab.kube.system.owned import Owned, ensure

_AGAIN_SECONDS = 1.0
"""Until an object is tried again whose namespace is on its way out: nothing watched here tells when it is back."""


class SystemKeeper:
    """One controller a kind.

    Args:
        manager: whose informers it shares.
        client: the API server's own, who creates the objects.
        owned: what it keeps.
    """

    def __init__(self, manager: Manager, client: Client, owned: Sequence[Owned]) -> None:
        self._client = client
        kinds: dict[Resource, dict[str, Owned]] = {}
        for row in owned:
            kinds.setdefault(row.resource, {})[object_key(row.wanted)] = row
        for resource, rows in kinds.items():
            controller = Controller(f"system-{resource.plural}-controller", self._reconciler(rows))
            manager.add(controller.watches(manager.informer(resource), _those(rows)))

    def _reconciler(self, rows: dict[str, Owned]) -> Reconcile:
        async def reconcile(key: str) -> float | None:
            try:
                await ensure(self._client, rows[key])
            except ApiError as error:
                if not (namespace_is_terminating(error) or (error.not_found and split_key(key)[0])):
                    raise
                return _AGAIN_SECONDS
            return None

        return reconcile


def _those(rows: dict[str, Owned]) -> Callable[[Object], Iterable[str]]:
    def mapper(item: Object) -> Iterable[str]:
        # By name first: this is asked about every object of the kind.
        return (key,) if (key := object_key(item)) in rows else ()

    return mapper
