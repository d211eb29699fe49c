"""liqo-controller-manager: one program for all controllers and webhooks that need nothing but the API server.

Both halves of every peering run in it, because any cluster can be consumer and provider at once.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from liqolab.apimachinery.builtin import CONFIG_MAPS
from liqolab.controller.client import Client
from liqolab.controller.election import Election
from liqolab.controller.http import HttpClient
from liqolab.controller.manager import Manager
from liqolab.liqo import foreigncluster, offloading, resources, webhook
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.chart.arguments import Arguments, parse
from liqolab.liqo.logs import log_to
from liqolab.liqo.shadowpod import ShadowPodController
from liqolab.liqo.storage import provisioner
from liqolab.program import Container


async def run(container: Container) -> None:
    """Run all controllers until cancelled. The container is ready once the webhooks answer. Of several replicas all
    answer, and one works.
    """
    log_to(container)
    async with HttpClient.in_cluster(container) as client:
        arguments = await _identified(parse(container.args, container.env), client)
        container.log(f'starting the controllers of cluster "{arguments.cluster_name}" ({arguments.cluster_id})')
        front = Manager(client)
        webhook.install(front, container, arguments)
        # What one replica does alone is run apart from what all do.
        manager = Manager(client) if arguments.enable_leader_election else front
        offloading.install(manager, arguments)
        ShadowPodController(manager)
        resources.install(manager, arguments)
        provisioner.install(manager, arguments, container.pod)
        foreigncluster.install(manager, arguments, dial=container.network.dial)
        if manager is front:
            await front.run()
            return
        place = names.CONTROLLER_MANAGER_LEASE, arguments.liqo_namespace
        election = Election(client, *place, container.pod)
        async with asyncio.TaskGroup() as group:
            group.create_task(front.run())
            await election.won()
            group.create_task(election.hold())
            group.create_task(manager.run())


async def _identified(arguments: Arguments, client: Client) -> Arguments:
    """The arguments with this cluster's identity, which an installation also keeps in a ConfigMap.

    Raises:
        ApiError: neither the arguments nor the ConfigMap tell who this cluster is.
    """
    if arguments.cluster_id and arguments.cluster_name:
        return arguments
    config_map = await client.get(CONFIG_MAPS, names.CLUSTER_ID_CONFIG_MAP, arguments.liqo_namespace)
    data = config_map.get("data") or {}
    return replace(
        arguments,
        cluster_id=arguments.cluster_id or data.get(names.CLUSTER_ID_KEY, ""),
        cluster_name=arguments.cluster_name or data.get(names.CLUSTER_NAME_KEY, ""),
    )
