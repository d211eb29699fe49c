"""Process liqo-network-manager of image liqonet."""

from __future__ import annotations

from liqolab.controller.http import HttpClient
from liqolab.controller.manager import Manager
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.network.ipam import Ipam, network
from liqolab.liqo.network.ipamstore import IpamStore
from liqolab.liqo.network.manager.controller import NetworkNegotiator
from liqolab.program import Container


async def run(container: Container, arguments: Arguments) -> None:
    """Negotiate until cancelled.

    Raises:
        IpamError: the cluster's own networks are malformed, or leave nothing for the external network.
    """
    async with HttpClient.in_cluster(container) as client:
        store = IpamStore(client)
        ipam = await store.initialise(lambda: _fresh(arguments))
        container.log(f"pod network {ipam.pod_cidr}, external network {ipam.external_cidr}")
        if network(arguments.pod_cidr) != network(ipam.pod_cidr):
            container.log(f"WARNING: {arguments.pod_cidr} is ignored: networks cannot change after the installation")
        manager = Manager(client)
        NetworkNegotiator(manager, arguments, store)
        container.ready.set()
        await manager.run()


def _fresh(arguments: Arguments) -> Ipam:
    return Ipam.initial(
        arguments.pod_cidr, arguments.service_cidr, arguments.reserved_subnets, arguments.additional_pools
    )
