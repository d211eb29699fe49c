"""All that a cluster has of nodes, as one thing to run: the nodes, the service proxy and the node ports."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from liqolab.controller.client import Client
from liqolab.controller.manager import Manager
from liqolab.kube.node.config import NodeConfig
from liqolab.kube.node.fabric import Fabric
from liqolab.kube.node.node import Node
from liqolab.kube.node.node_ports import NodePorts
from liqolab.kube.node.programs import Programs
from liqolab.kube.node.service_proxy import ServiceProxy


class ClusterNodes:
    """The nodes of one cluster, with one set of informers between them.

    Args:
        client: how to reach the API server.
        configs: one entry a node; they share one address (see `config.node_configs`).
        fabric: the cluster's network.
        manager: whose informers to share; without one the nodes run informers of their own.
        programs: the programs that the nodes can run; by default those that are installed.
    """

    def __init__(
        self,
        client: Client,
        configs: Sequence[NodeConfig],
        fabric: Fabric,
        manager: Manager | None = None,
        programs: Programs | None = None,
    ) -> None:
        self._fabric = fabric
        self._own_manager = Manager(client) if manager is None else None
        shared = manager or self._own_manager or Manager(client)
        proxy = ServiceProxy(shared, fabric)
        self._ports = [NodePorts(shared, fabric, proxy, address) for address in {row.address for row in configs}]
        self._nodes = [Node(client, config, fabric, shared, programs) for config in configs]

    async def run(self) -> None:
        """Run until cancelled; closes the fabric's connections at the end."""
        try:
            async with asyncio.TaskGroup() as group:
                if self._own_manager is not None:
                    group.create_task(self._own_manager.run())
                for ports in self._ports:
                    group.create_task(ports.run())
                for node in self._nodes:
                    group.create_task(node.run())
        finally:
            await self._fabric.close()
