"""Puts the webhooks' server into liqo-controller-manager."""

from __future__ import annotations

import asyncio

from aiohttp import web

from liqolab.controller.dialing import serving
from liqolab.controller.manager import Manager
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.names import HEALTH_PORT
from liqolab.liqo.gen05.resources import NAMESPACE_OFFLOADINGS
from liqolab.liqo.webhook.policies import Policies
from liqolab.liqo.webhook.server import AdmissionServer, serving_tls
from liqolab.program import Container


async def _healthy(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response(text="ok")


def install(manager: Manager, container: Container, arguments: Arguments) -> None:
    """Serve on the container's port for webhooks; the container is ready once it does.

    Raises:
        FileNotFoundError: the serving certificate is not mounted.
    """
    tls = serving_tls(container)
    server = AdmissionServer(Policies(manager.client, manager.informer(NAMESPACE_OFFLOADINGS)))

    async def run() -> None:
        async with (
            serving(container.network, arguments.webhook_port, server.handle, tls),
            # Upstream's chart asks on a port of its own whether it is ready.
            serving(container.network, HEALTH_PORT, _healthy),
        ):
            container.ready.set()
            await asyncio.Event().wait()

    manager.add_runnable(run)
