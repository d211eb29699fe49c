"""One simulated node: registered, beating, running its pods."""

from __future__ import annotations

import asyncio
import ssl

from liqolab.apimachinery import meta
from liqolab.apimachinery.builtin import NODES, PODS
from liqolab.apimachinery.resources import Object
from liqolab.controller.informer import Change
from liqolab.controller.manager import Manager
from liqolab.kube.node import texts
from liqolab.kube.node.addons import addons
from liqolab.kube.node.context import NodeContext
from liqolab.kube.node.control_plane import static_pods
from liqolab.kube.node.endpoint import Endpoint
from liqolab.kube.node.fabric import Listener
from liqolab.kube.node.installing import ensure
from liqolab.kube.node.kubelet import Kubelet
from liqolab.kube.node.registration import Registration


class Node:
    """Run `run` as a task.

    Args:
        context: what the node is like, and what it has.
        manager: whose informers it shares.
        tls: serving context of the kubelet endpoint.
    """

    def __init__(self, context: NodeContext, manager: Manager, tls: ssl.SSLContext) -> None:
        self._context = context
        self._client = context.client
        self._tls = tls
        self._pods = manager.informer(PODS, fields=f"spec.nodeName={context.config.name}")
        self._nodes = manager.informer(NODES)
        self._kubelet = Kubelet(self._context, self._pods, self._nodes)
        self._registration = Registration(context)
        self._static: dict[str, Object] = {}
        self._missing: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> None:
        """Be a node until cancelled. The pods' containers end then, and nobody is told, as when a machine is switched
        off; the next run finds the pods in the API and starts them again.
        """
        async with asyncio.TaskGroup() as group:
            node = await self._registration.register()
            self._context.announcer.say(node, "Normal", "Starting", texts.STARTING)
            self._registration.watch(self._nodes)
            group.create_task(self._registration.run())
            group.create_task(self._context.announcer.run())
            listener = self._listen()
            if self._context.config.is_control_plane:
                pods = static_pods(self._context.cluster, self._context.endpoints, node)
                self._static = {meta.name(pod): pod for pod in pods}
                group.create_task(self._keep_static_pods())
                group.create_task(self._install_addons())
            try:
                await self._kubelet.run()
            finally:
                listener.close()

    def _listen(self) -> Listener:
        context = self._context
        endpoint = Endpoint(context, self._kubelet, self._pods)
        return context.fabric.listen(context.address, context.config.kubelet_port, endpoint.server(), self._tls)

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
        for resource, body in addons(self._context.cluster):
            await ensure(self._client, resource, body)
