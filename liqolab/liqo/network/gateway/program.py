"""Process liqo-gateway of image liqonet."""

from __future__ import annotations

import asyncio

from liqolab.apimachinery.builtin import PODS, SECRETS, SERVICES
from liqolab.controller.client import Client
from liqolab.controller.http import HttpClient
from liqolab.controller.manager import Manager
from liqolab.liqo.gen05 import names
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.identity import tenancy
from liqolab.liqo.identity.certificates import self_signed_server_tls
from liqolab.liqo.network.gateway.controller import Gateway
from liqolab.liqo.network.tunnel.keys import GatewayKey
from liqolab.program import Container


async def run(container: Container, arguments: Arguments) -> None:
    """Be the gateway until cancelled."""
    async with HttpClient.in_cluster(container) as client:
        key = await _key(client, arguments.liqo_namespace)
        manager = Manager(client)
        gateway = Gateway(manager, container, arguments.cluster_id, key)
        port = arguments.gateway_port
        await container.network.forward(gateway.forward)

        async def serve() -> None:
            await _listen(container, gateway, key, port)
            await _announce(client, container)
            container.log(f"tunnels are accepted on port {port}; the public key is {key.public}")
            container.ready.set()

        manager.add_runnable(serve)
        await manager.run()


async def _listen(container: Container, gateway: Gateway, key: GatewayKey, port: int) -> None:
    def protocol() -> asyncio.BaseProtocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(), gateway.links.accepted)

    tls = self_signed_server_tls(names.GATEWAY, key.private)
    await container.network.listen(port, protocol, tls)


async def _key(client: Client, namespace: str) -> GatewayKey:
    """The gateway's key, made at the very first start."""
    secret = await tenancy.ensure(client, SECRETS, GatewayKey.generate().to_secret(namespace))
    return GatewayKey.from_secret(secret)


async def _announce(client: Client, container: Container) -> None:
    """Say which pod is the active gateway, and on which node: peers are told that node's address."""
    label: dict[str, object] = {"metadata": {"labels": {names.LABEL_GATEWAY: names.GATEWAY_ACTIVE}}}
    await client.patch(PODS, container.pod, label, container.namespace)
    note: dict[str, object] = {"metadata": {"annotations": {names.ANNOTATION_GATEWAY_NODE_IP: container.host_ip}}}
    await client.patch(SERVICES, names.GATEWAY, note, container.namespace)
