"""Process liqo-gateway of image liqonet."""

from __future__ import annotations

import asyncio

from liqolab.apimachinery.builtin import PODS, SECRETS, SERVICES
from liqolab.apimachinery.errors import ApiError
from liqolab.apimachinery.resources import Resource
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
    labels = {names.LABEL_GATEWAY: names.GATEWAY_ACTIVE}
    await _mark(client, PODS, container.pod, container.namespace, "labels", labels)
    annotations = {names.ANNOTATION_GATEWAY_NODE_IP: container.host_ip}
    await _mark(client, SERVICES, names.GATEWAY, container.namespace, "annotations", annotations)


async def _mark(client: Client, resource: Resource, name: str, namespace: str, key: str, marks: dict[str, str]) -> None:
    """Give an object labels or annotations."""
    try:
        await client.patch(resource, name, {"metadata": {key: marks}}, namespace)
    except ApiError as error:
        if error.code != 403:
            raise
        # Upstream's chart grants other verbs.
        for found in (await client.list(resource, namespace)).items:
            metadata = found["metadata"]
            if metadata["name"] == name:
                changed = metadata | {key: (metadata.get(key) or {}) | marks}
                await client.update(resource, found | {"metadata": changed})
