"""Containers that only imitate their image.

An imitation answers HTTP where the real image would (`pages`), carries out commands (`machine`), or simply runs until
it is stopped. What it does not do as the image would is told by events, never in the container's own log.
"""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Awaitable, Callable, Iterator
from functools import partial

from aiohttp import web

from liqolab.apimachinery.resources import Object
from liqolab.controller.dialing import Handler, shut_down
from liqolab.kube.node import texts
from liqolab.kube.node.context import EventType
from liqolab.kube.node.images import GENERIC, Simulation
from liqolab.kube.node.machine.attending import attend, may_read
from liqolab.kube.node.machine.commands import forever
from liqolab.kube.node.machine.interpreter import Command, Invocation, MissingInterpreterError
from liqolab.kube.node.machine.machine import Machine
from liqolab.kube.node.machine.session import Foreground
from liqolab.kube.node.pages import Configured, page, stand_in, welcome
from liqolab.program import Container, Program

_LISTENS = re.compile(r"(?:-listen|--?port)[= ](?:[\w.]*:)?(\d+)")

Say = Callable[[EventType, str], None]


def simulate(machine: Machine, simulation: Simulation, say: Say) -> Program:
    """The program that imitates a container.

    Args:
        machine: the container; its `servers` are filled in here.
        simulation: what is known of its image.
        say: takes the remarks on what is simulated, with the type of their event.
    """
    spec = machine.spec
    if simulation.server:
        machine.servers = dict.fromkeys(simulation.programs, _own_server(machine, simulation.server))
        machine.folders = (simulation.root,) if simulation.root else ()
    if simulation.page:
        machine.folders = (simulation.root,) if simulation.root else ()
        machine.servers = {name: _server(machine, simulation, say) for name in simulation.programs}
        if text := welcome(simulation.page, machine.container):
            machine.brought = {f"{simulation.root}/index.html": text}
    words = list(machine.container.args)
    if not spec.get("command") and words and simulation.entrypoint:
        own = simulation.entrypoint in simulation.programs and words[0] not in simulation.programs
        words = [simulation.entrypoint, *words] if own or words[0].startswith("-") else words
    serves = simulation.page and not spec.get("command")
    if not simulation.userland:
        machine.stand_in = partial(_answer, machine, say)

    async def run(container: Container) -> int:
        if serves:
            machine.carries_out = machine.userland.known
            return await _serve(machine, simulation, say)
        say("Normal", texts.SIMULATED.format(container=container.name, image=container.image))
        line = words or list(simulation.command)
        try:
            if spec.get("stdin") and line and may_read(line):
                return await _converse(machine, line)
            if line:
                return await machine.run(line, container.ready.set)
        except MissingInterpreterError as error:
            machine.notice(str(error))
        container.ready.set()
        return await machine.stand_in()

    return run


async def _answer(machine: Machine, say: Say) -> int:
    """Accept connections on the ports that a container declares or is probed on, so that what waits for it goes on."""
    container = machine.container
    server = web.Server(_counted(machine, stand_in(container), GENERIC.cost), access_log=None)
    try:
        for port in dict.fromkeys(_ports(machine.spec)):
            with contextlib.suppress(OSError):
                # Another container of the pod has it.
                await container.network.listen(port, server)
                say("Normal", texts.SIMULATED_SERVER.format(container=container.name, port=port, image=container.image))
        return await forever()
    finally:
        await shut_down(server)


def _ports(spec: Object) -> Iterator[int]:
    for row in spec.get("ports") or ():
        yield int(row["containerPort"])
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        for target in (spec.get(name) or {}).values():
            port = target.get("port") if isinstance(target, dict) else None
            if isinstance(port, int):
                yield port


async def _converse(machine: Machine, words: list[str]) -> int:
    """A command that waits for whoever attaches (``kubectl run -i``)."""
    container = machine.container
    machine.foreground = Foreground(container.log, terminal=bool(machine.spec.get("tty")))
    machine.carries_out = True
    container.ready.set()
    try:
        return await attend(machine, words, machine.foreground.session)
    finally:
        machine.foreground.end(container.log_unended or container.log)


def _server(machine: Machine, simulation: Simulation, say: Say) -> Command:
    """The image's own server as a command of a script."""

    async def command(call: Invocation) -> int:
        return await _serve(machine, simulation, say)

    return command


def _own_server(machine: Machine, where: str) -> Command:
    """The image's own server, imported when it is first called."""

    async def command(call: Invocation) -> int:
        module, _, function = where.partition(":")
        server: Callable[[Machine, Invocation], Awaitable[int]] = getattr(importlib.import_module(module), function)
        return await server(machine, call)

    return command


def _counted(machine: Machine, handler: Handler, cost: float) -> Handler:
    """A handler whose answers cost CPU time."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        machine.meter.spend(cost)
        return await handler(request)

    return handle


def _configured(machine: Machine, simulation: Simulation) -> tuple[Configured | None, list[int]]:
    """What a server's configuration or its arguments say: of requests, and where it listens."""
    if simulation.page == "nginx":
        # Most have none, and need nothing of it.
        if not any(path.startswith("/etc/nginx") for path in (*machine.container.mounts, *machine.places)):
            return None, []
        from liqolab.kube.node.imitations.nginx import Configuration

        configuration = Configuration(machine.read, machine.names("/etc/nginx/conf.d"))
        return configuration.answer, configuration.ports
    words = " ".join(machine.container.args)
    found = _LISTENS.search(words) if simulation.page in ("echo", "whoami") else None
    return None, [int(found[1])] if found else []


async def _serve(machine: Machine, simulation: Simulation, say: Say) -> int:
    container = machine.container
    declared = [int(row["containerPort"]) for row in machine.spec.get("ports") or ()]
    configured, ports = _configured(machine, simulation)
    handler = _counted(machine, page(simulation, container, machine.read, configured), simulation.cost)
    server = web.Server(handler, access_log=None)
    try:
        for port in ports or dict.fromkeys(declared) or (simulation.port,):
            say("Normal", texts.SIMULATED_SERVER.format(container=container.name, port=port, image=container.image))
            await container.network.listen(port, server)
        container.ready.set()
        return await forever()
    finally:
        await shut_down(server)
