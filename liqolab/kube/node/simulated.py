"""Containers that only imitate their image, and say so in an event; their log is what the real one would print.

An imitation answers HTTP where the real image would (`pages`), carries out simple commands (`shell`), or simply runs
until it is stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from liqolab.apimachinery.resources import Object
from liqolab.controller.dialing import shut_down
from liqolab.kube.node import texts
from liqolab.kube.node.context import EventType
from liqolab.kube.node.images import Simulation
from liqolab.kube.node.pages import page
from liqolab.kube.node.shell import NotUnderstoodError, Shell
from liqolab.program import Container, Program

Say = Callable[[EventType, str], None]


def simulate(spec: Object, simulation: Simulation, say: Say) -> Program:
    """The program that imitates a container.

    Args:
        spec: the container of the pod's spec; its ports are served, its command is carried out.
        simulation: what is known of the image.
        say: takes the remarks on what is simulated, with the type of their event.
    """
    words = [*(spec.get("command") or ()), *(spec.get("args") or ())]
    if simulation.page and not spec.get("command"):
        declared = [int(row["containerPort"]) for row in spec.get("ports") or ()]
        ports = tuple(dict.fromkeys(declared)) or (simulation.port,)

        async def server(container: Container) -> int:
            return await _serve(container, simulation.page, ports, say)

        return server
    words = words or list(simulation.command)

    async def command(container: Container) -> int:
        return await _command(container, list(container.args) or words, say)

    return command


async def _serve(container: Container, name: str, ports: tuple[int, ...], say: Say) -> int:
    handler = page(name, container)
    server = web.Server(handler, access_log=None)
    try:
        for port in ports:
            say("Normal", texts.SIMULATED_SERVER.format(container=container.name, port=port, image=container.image))
            await container.network.listen(port, server)
        container.ready.set()
        await asyncio.Event().wait()
    finally:
        await shut_down(server)
    return 0


async def _command(container: Container, words: list[str], say: Say) -> int:
    say("Normal", texts.SIMULATED.format(container=container.name, image=container.image))
    container.ready.set()
    try:
        if words:
            return await Shell(container).run(words)
    except NotUnderstoodError:
        say("Warning", texts.SIMULATED_COMMAND.format(command=" ".join(words)))
    await asyncio.Event().wait()
    return 0
