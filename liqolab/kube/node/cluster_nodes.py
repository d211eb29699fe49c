"""All that a cluster has of nodes, as one thing to run: the nodes, the service proxy and the node ports."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from liqolab.controller.client import Client
from liqolab.controller.manager import Manager
from liqolab.kube.config import ClusterConfig, NodeConfig
from liqolab.kube.endpoints import Endpoints, Reserved
from liqolab.kube.node.addresses import AddressPool
from liqolab.kube.node.cluster_dns import ClusterDns
from liqolab.kube.node.context import Announcer, NodeContext
from liqolab.kube.node.disks import Disks
from liqolab.kube.node.fabric import Fabric
from liqolab.kube.node.host_ports import HostPorts
from liqolab.kube.node.lookups import Lookups
from liqolab.kube.node.network_policies import NetworkPolicies
from liqolab.kube.node.node import Node
from liqolab.kube.node.node_ports import NodePorts
from liqolab.kube.node.port_mappings import PortMappings
from liqolab.kube.node.programs import Programs
from liqolab.kube.node.service_proxy import ServiceProxy
from liqolab.kube.node.storage import Reclaimer


class ClusterNodes:
    """The nodes of one cluster, with one set of informers between them.

    Args:
        client: how to reach the API server.
        cluster: which nodes.
        endpoints: where they listen.
        folder: the cluster's; pods live in ``pods/`` below it.
        fabric: the cluster's network.
        manager: whose informers they share.
        tls: serving context of the kubelets.
        reserved: sockets that listen where the cluster is going to.
    """

    def __init__(
        self,
        client: Client,
        cluster: ClusterConfig,
        endpoints: Endpoints,
        folder: Path,
        fabric: Fabric,
        manager: Manager,
        tls: ssl.SSLContext,
        reserved: Reserved,
    ) -> None:
        self._fabric = fabric
        disks = self._disks = Disks(folder / "disks.db")
        Reclaimer(manager, disks, tuple(config.name for config in cluster.nodes))
        proxy = ServiceProxy(manager, fabric)
        fabric.names = ClusterDns(proxy)
        self._ports = NodePorts(manager, fabric, proxy, endpoints.node_address)
        NetworkPolicies(manager, fabric, endpoints.node_address)
        self._mappings = PortMappings(
            fabric, self._ports, HostPorts(manager, fabric, endpoints.node_address), endpoints, reserved
        )

        def context(config: NodeConfig) -> NodeContext:
            return NodeContext(
                config=config,
                cluster=cluster,
                endpoints=endpoints,
                client=client,
                fabric=fabric,
                lookups=Lookups(manager),
                programs=Programs(),
                announcer=Announcer(client, config.name),
                addresses=AddressPool(config.pod_cidr),
                disks=disks,
                pods_directory=folder / "pods",
            )

        self._nodes = [Node(context(config), manager, tls) for config in cluster.nodes]

    async def run(self) -> None:
        """Run until cancelled; closes the fabric's connections at the end."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ports.run())
                group.create_task(self._mappings.run())
                for node in self._nodes:
                    group.create_task(node.run())
        finally:
            await self._fabric.close()
            self._disks.close()
