"""Process liqo-route of image liqonet: sends the node's traffic for peers' addresses to the gateway's pod.

A route exists while its tunnel is up. Without one, connections fail at once with "no route to host" instead of waiting
for a gateway that could not carry them.
"""

from __future__ import annotations

from liqolab.apimachinery import meta
from liqolab.apimachinery.resources import Object
from liqolab.controller.http import HttpClient
from liqolab.controller.manager import Controller, Manager, split_key
from liqolab.liqo.gen05 import texts
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.resources import TUNNEL_ENDPOINTS
from liqolab.liqo.network.mapping import remote_external_cidr, remote_pod_cidr
from liqolab.program import Container

Routes = dict[str, str]
"""Network → address of the gateway's pod."""


async def run(container: Container, arguments: Arguments) -> None:
    """Keep the node's routes until cancelled."""
    async with HttpClient.in_cluster(container) as client:
        manager = Manager(client)
        _RouteAgent(manager, container)
        container.ready.set()
        await manager.run()


def routes_of(tep: Object | None) -> Routes:
    """The routes that a TunnelEndpoint asks for: none unless its tunnel is up."""
    if tep is None or meta.is_deleting(tep):
        return {}
    status = tep.get("status") or {}
    gateway = status.get("gatewayIP")
    if not gateway or meta.get_path(status, "connection", "status") != texts.TUNNEL_CONNECTED:
        return {}
    return {remote_pod_cidr(tep): gateway, remote_external_cidr(tep): gateway}


class _RouteAgent:
    def __init__(self, manager: Manager, container: Container) -> None:
        self._network = container.network
        self._log = container.log
        self._endpoints = manager.informer(TUNNEL_ENDPOINTS)
        self._configured: dict[str, Routes] = {}
        manager.add(Controller("routes", self._reconcile).watches(self._endpoints))

    async def _reconcile(self, key: str) -> None:
        namespace, name = split_key(key)
        wanted = routes_of(self._endpoints.get(name, namespace))
        present = self._configured.get(key, {})
        for cidr in present.keys() - wanted.keys():
            await self._network.remove_route(cidr)
            self._log(f"route {cidr} removed")
        for cidr, gateway in wanted.items():
            if present.get(cidr) != gateway:
                await self._network.add_route(cidr, gateway)
                self._log(f"route {cidr} via {gateway}")
        if wanted:
            self._configured[key] = wanted
        else:
            self._configured.pop(key, None)
