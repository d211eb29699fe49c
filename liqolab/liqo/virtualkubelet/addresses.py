"""How addresses translate between this cluster and the provider, as the TunnelEndpoint says."""

from __future__ import annotations

import logging
from collections.abc import Callable

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.controller.informer import Change
from liqolab.controller.manager import Controller, Manager
from liqolab.liqo.gen05 import names, texts
from liqolab.liqo.gen05.resources import IPAM_STORAGES, TUNNEL_ENDPOINTS
from liqolab.liqo.network import mapping
from liqolab.liqo.network.ipam import IpamError
from liqolab.liqo.network.ipamstore import IpamStore

_EXHAUSTED_SECONDS = 60.0

_log = logging.getLogger(__name__)


class Addresses:
    """Both directions; `changed` is called when translations may have changed.

    Endpoints that are no pods of this cluster (another provider's pods, external addresses) have to be given an address
    of this cluster's external network first. Asking for the translation of one asks the IPAM for that.
    """

    def __init__(self, manager: Manager, tenant: str, foreign_id: str, changed: Callable[[], None]) -> None:
        self._tunnels = manager.informer(TUNNEL_ENDPOINTS, tenant)
        self._ipam = manager.informer(IPAM_STORAGES)
        self._store = IpamStore(manager.client)
        self._foreign_id = foreign_id
        self._changed = changed
        self._requests = manager.add(Controller("external-addresses", self._request))
        self._tunnels.add_handler(self._seen)
        self._ipam.add_handler(self._seen)

    @property
    def connected(self) -> bool:
        """Whether the tunnel towards the provider is up."""
        status = meta.get_path(self._tunnel(), "status", "connection", "status")
        return bool(status == texts.TUNNEL_CONNECTED)

    @property
    def known(self) -> bool:
        """Whether there is (to be) a tunnel, so that addresses translate at all."""
        return self._tunnel() is not None

    def from_remote(self, address: str) -> str | None:
        """Where this cluster reaches a pod that has `address` in the provider; None while there is no tunnel."""
        tunnel = self._tunnel()
        return mapping.remote_pod_ip(tunnel, address) if tunnel else None

    def to_remote(self, address: str) -> str | None:
        """Where the provider reaches a local endpoint; None while there is no tunnel, or no external address yet."""
        tunnel = self._tunnel()
        if tunnel is None:
            return None
        external = None
        if mapping.needs_external_address(tunnel, address):
            external = self._external(address)
            if external is None:
                self._requests.queue.add(address)
                return None
        try:
            return mapping.endpoint_ip(tunnel, address, external)
        except ValueError:
            return None

    def _external(self, address: str) -> str | None:
        """The address in this cluster's external network that stands for `address`, as the IPAM has recorded it."""
        for storage in self._ipam.list():
            entry = meta.get_path(storage, "spec", "endpointMappings", default={}).get(address)
            if entry and self._foreign_id in (entry.get("clusterMappings") or {}):
                return str(entry.get("ip") or "") or None
        return None

    async def _request(self, address: str) -> float | None:
        try:
            await self._store.external_address(self._foreign_id, address)
        except IpamError as error:
            _log.warning("%s cannot be offered to the provider: %s", address, error)
            return _EXHAUSTED_SECONDS
        return None

    def _tunnel(self) -> Object | None:
        found = (
            item
            for item in self._tunnels.list()
            if meta.get_path(item, "spec", "clusterID") == self._foreign_id
            or meta.labels(item).get(names.LABEL_TUNNEL_CLUSTER_ID) == self._foreign_id
        )
        return next(found, None)

    def _seen(self, change: Change, new: Object, old: Object | None) -> None:
        if (
            old is None
            or change == "DELETED"
            or (old.get("spec"), old.get("status")) != (new.get("spec"), new.get("status"))
        ):
            self._changed()
