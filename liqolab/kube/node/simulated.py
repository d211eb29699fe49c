"""Containers that only imitate their image, and say so in the first line of their log.

An imitation answers HTTP where the real image would (`pages`), carries out simple commands (`shell`), or simply runs
until it is stopped.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from liqolab.apimachinery.resources import Object
from liqolab.controller.dialing import shut_down
from liqolab.kube.node import texts
from liqolab.kube.node.images import Simulation
from liqolab.kube.node.pages import page
from liqolab.kube.node.shell import NotUnderstoodError, Shell
from liqolab.program import Container, Program


def simulate(spec: Object, simulation: Simulation) -> Program:
    """The program that imitates a container.

    Args:
        spec: the container of the pod's spec; its ports are served, its command is carried out.
        simulation: what is known of the image.
    """
    words = [*(spec.get("command") or ()), *(spec.get("args") or ())]
    if simulation.page and not spec.get("command"):
        declared = [int(row["containerPort"]) for row in spec.get("ports") or ()]
        ports = tuple(dict.fromkeys(declared)) or (simulation.port,)

        async def server(container: Container) -> int:
            return await _serve(container, simulation.page, ports)

        return server
    words = words or list(simulation.command)

    async def command(container: Container) -> int:
        return await _command(container, list(container.args) or words)

    return command


async def _serve(container: Container, name: str, ports: tuple[int, ...]) -> int:
    handler = page(name, container)
    server = web.Server(handler, access_log=None)
    try:
        for port in ports:
            container.log(texts.SIMULATED_SERVER.format(container=container.name, port=port, image=container.image))
            await container.network.listen(port, server)
        container.ready.set()
        await asyncio.Event().wait()
    finally:
        await shut_down(server)
    return 0


async def _command(container: Container, words: list[str]) -> int:
    container.log(texts.SIMULATED.format(container=container.name, image=container.image))
    container.ready.set()
    try:
        if words:
            return await Shell(container).run(words)
    except NotUnderstoodError:
        container.log(texts.SIMULATED_COMMAND.format(command=" ".join(words)))
    await asyncio.Event().wait()
    return 0
