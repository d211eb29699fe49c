"""The IpamStorage object: where the allocation of this cluster is kept, and how it is changed.

It is the only memory of the IPAM, so nothing can be allocated twice: every change is read, computed and written with
the revision it was read at, and computed again when somebody else was faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.resources import IPAM_STORAGES
from liqolab.liqo.network.ipam import Ipam

T = TypeVar("T")


class IpamStore:
    """Changes the IpamStorage; `client` needs to get and update it (and, to initialise it, to create it)."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def initialise(self, make: Callable[[], Ipam]) -> Ipam:
        """The stored allocation, or a fresh one that is stored now."""
        found = await self._client.find(IPAM_STORAGES, names.IPAM_STORAGE)
        if found is not None:
            return Ipam.from_spec(found["spec"])
        ipam = make()
        body: Object = IPAM_STORAGES.manifest(
            names.IPAM_STORAGE, labels={names.LABEL_IPAM_STORAGE: "true"}, spec=ipam.to_spec()
        )
        await self._client.create(IPAM_STORAGES, body)
        return ipam

    async def change(self, change: Callable[[Ipam], T]) -> T:
        """Apply a change to the stored allocation and return what it returned.

        Raises:
            IpamError: whatever `change` raises; nothing is stored then.
            ApiError: not found, when the network manager has not initialised it yet.
        """
        while True:
            stored = await self._client.get(IPAM_STORAGES, names.IPAM_STORAGE)
            ipam = Ipam.from_spec(stored["spec"])
            result = change(ipam)
            spec = ipam.to_spec()
            if spec == stored["spec"]:
                return result
            try:
                await self._client.update(IPAM_STORAGES, {**stored, "spec": spec})
            except ApiError as error:
                if not error.conflict:
                    raise
            else:
                return result

    async def external_address(self, cluster_id: str, ip: str) -> str:
        """The address of this cluster's external network under which a peer may be told of the endpoint `ip`.

        For endpoints that are no pods of this cluster; see `mapping.endpoint_ip`.

        Raises:
            IpamError: the external network is full.
        """
        return await self.change(lambda ipam: ipam.map_endpoint(cluster_id, ip))
