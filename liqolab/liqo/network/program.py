"""Image liqonet: three processes of the network fabric, told apart by ``--run-as``."""

from __future__ import annotations

from dataclasses import replace

from liqolab.liqo.gen05 import images
from liqolab.liqo.gen05.chart.arguments import parse
from liqolab.liqo.logs import log_to
from liqolab.liqo.network import route
from liqolab.liqo.network.gateway import program as gateway
from liqolab.liqo.network.manager import program as manager
from liqolab.program import Container

_PROCESSES = {
    images.RUN_AS_GATEWAY: gateway.run,
    images.RUN_AS_NETWORK_MANAGER: manager.run,
    images.RUN_AS_ROUTE: route.run,
}


async def run(container: Container) -> None:
    """Run the process that the arguments name until cancelled.

    Raises:
        ValueError: they name none.
    """
    log_to(container)
    # Its pods are in Liqo's namespace, whatever that is called.
    arguments = replace(parse(container.args, container.env), liqo_namespace=container.namespace)
    process = _PROCESSES.get(arguments.run_as)
    if process is None:
        known = ", ".join(_PROCESSES)
        raise ValueError(f'--run-as is "{arguments.run_as}"; it must be one of {known}')
    await process(container, arguments)
