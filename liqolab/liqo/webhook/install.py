"""Puts the webhooks' server into liqo-controller-manager."""

from __future__ import annotations

import asyncio

from liqolab.controller.dialing import serving
from liqolab.controller.manager import Manager
from liqolab.liqo.gen05.chart.arguments import Arguments
from liqolab.liqo.gen05.resources import NAMESPACE_OFFLOADINGS
from liqolab.liqo.webhook.policies import Policies
from liqolab.liqo.webhook.server import AdmissionServer, serving_tls
from liqolab.program import Container


def install(manager: Manager, container: Container, arguments: Arguments) -> None:
    """Serve on the container's port for webhooks; the container is ready once it does.

    Raises:
        FileNotFoundError: the serving certificate is not mounted.
    """
    tls = serving_tls(container)
    server = AdmissionServer(Policies(manager.client, manager.informer(NAMESPACE_OFFLOADINGS)))

    async def run() -> None:
        async with serving(container.network, arguments.webhook_port, server.handle, tls):
            container.ready.set()
            await asyncio.Event().wait()

    manager.add_runnable(run)
