"""One simulated node: registered, beating, running its pods."""

from __future__ import annotations

import asyncio

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES, PODS
from liqolab.apimachinery.resources import Object
from liqolab.controller.client import Client
from liqolab.controller.informer import Change
from liqolab.controller.manager import Manager
from liqolab.kube.node import texts
from liqolab.kube.node.addons import addons
from liqolab.kube.node.addresses import AddressPool
from liqolab.kube.node.config import NodeConfig
from liqolab.kube.node.context import Announcer, NodeContext
from liqolab.kube.node.control_plane import static_pods
from liqolab.kube.node.endpoint import Endpoint
from liqolab.kube.node.fabric import Fabric, Listener
from liqolab.kube.node.installing import ensure
from liqolab.kube.node.kubelet import Kubelet
from liqolab.kube.node.lookups import Lookups
from liqolab.kube.node.programs import Programs
from liqolab.kube.node.registration import Registration


class Node:
    """Run `run` as a task.

    Args:
        client: how to reach the API server.
        config: what the node is like.
        fabric: the cluster's network.
        manager: whose informers to share; without one the node runs informers of its own.
        programs: the programs that it can run; by default those that are installed.
    """

    def __init__(
        self,
        client: Client,
        config: NodeConfig,
        fabric: Fabric,
        manager: Manager | None = None,
        programs: Programs | None = None,
    ) -> None:
        self._client = client
        self._config = config
        self._own_manager = Manager(client) if manager is None else None
        shared = manager or self._own_manager or Manager(client)
        self._pods = shared.informer(PODS, fields=f"spec.nodeName={config.name}")
        self._nodes = shared.informer(NODES)
        self._context = NodeContext(
            config=config,
            client=client,
            fabric=fabric,
            lookups=Lookups(shared),
            programs=programs or Programs(),
            announcer=Announcer(client, config.name),
            addresses=AddressPool(config.pod_cidr),
            pods_directory=config.directory / "pods",
        )
        self._kubelet = Kubelet(self._context, self._pods, self._nodes)
        self._registration = Registration(client, config)
        self._static: dict[str, Object] = {}
        self._missing: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> None:
        """Be a node until cancelled. The pods' containers end then, and nobody is told, as when a machine is switched
        off; the next run finds the pods in the API and starts them again.
        """
        async with asyncio.TaskGroup() as group:
            if self._own_manager is not None:
                group.create_task(self._own_manager.run())
            node = await self._registration.register()
            self._context.announcer.say(node, "Normal", "Starting", texts.STARTING)
            self._registration.watch(self._nodes)
            group.create_task(self._registration.run())
            group.create_task(self._context.announcer.run())
            listener = self._listen()
            if self._config.is_control_plane:
                self._static = {meta.name(pod): pod for pod in static_pods(self._config, meta.uid(node))}
                group.create_task(self._keep_static_pods())
                group.create_task(self._install_addons())
            try:
                await self._kubelet.run()
            finally:
                if listener is not None:
                    listener.close()

    def _listen(self) -> Listener | None:
        tls = self._config.tls
        if tls is None:
            return None
        endpoint = Endpoint(self._context, self._kubelet, self._pods)
        fabric, config = self._context.fabric, self._config
        return fabric.listen(config.address, config.kubelet_port, endpoint.server(), tls)

    async def _keep_static_pods(self) -> None:
        """Create the mirror pods, and create them again when somebody deletes them."""
        self._pods.add_handler(self._on_pod)
        for name in self._static:
            self._missing.put_nowait(name)
        while True:
            await ensure(self._client, PODS, self._static[await self._missing.get()])

    def _on_pod(self, change: Change, pod: Object, _: Object | None) -> None:
        if change == "DELETED" and meta.namespace(pod) == "kube-system" and meta.name(pod) in self._static:
            self._missing.put_nowait(meta.name(pod))

    async def _install_addons(self) -> None:
        for resource, body in addons(self._config):
            await ensure(self._client, resource, body)
