"""Ports of the machine that lead to a node, as KinD's ``extraPortMappings`` make them.

A connection to one goes where a connection to the node's port would: to the Service that has the port as its node
port, to a pod on the node that has it as ``hostPort``, or to what listens there in the node's own network. Where that
is, is found out at the moment of the connection.
"""

from __future__ import annotations

import asyncio
import logging
import socket

from liqolab.kube.config import ConfigError
from liqolab.kube.endpoints import BACKLOG, Endpoints, MappedPort, Reserved
from liqolab.kube.node.fabric import Fabric, Target
from liqolab.kube.node.host_ports import HostPorts
from liqolab.kube.node.node_ports import NodePorts

_log = logging.getLogger(__name__)


class PortMappings:
    """Listens when it is made, so that a port that is taken fails the start; `run` serves until cancelled.

    Args:
        reserved: sockets that listen on the ports already.

    Raises:
        ConfigError: a port is taken.
    """

    def __init__(
        self, fabric: Fabric, node_ports: NodePorts, host_ports: HostPorts, endpoints: Endpoints, reserved: Reserved
    ) -> None:
        self._fabric = fabric
        self._host_ports = host_ports
        self._node_ports = node_ports
        self._node_address = endpoints.node_address
        self._listening = [(mapped, _listen(mapped, reserved)) for mapped in endpoints.mapped]
        self._connections: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until cancelled; closes listeners and connections at the end."""
        try:
            async with asyncio.TaskGroup() as group:
                for mapped, listener in self._listening:
                    group.create_task(self._accept(mapped, listener))
        finally:
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, mapped: MappedPort, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with listener:
            while True:
                accepted, _ = await loop.sock_accept(listener)
                task = loop.create_task(self._connect(accepted, mapped))
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)

    async def _connect(self, accepted: socket.socket, mapped: MappedPort) -> None:
        accepted.setblocking(False)
        try:
            await self._fabric.deliver(accepted, *self._target(mapped))
        except OSError as error:
            accepted.close()
            _log.debug("port mapping %s:%d: %s", mapped.address, mapped.host_port, error)

    def _target(self, mapped: MappedPort) -> Target:
        if (target := self._node_ports.target(mapped.container_port)) is not None:
            return target
        found = self._host_ports.of_node(mapped.node, mapped.container_port)
        return found or (self._node_address, mapped.container_port)


def _listen(mapped: MappedPort, reserved: Reserved) -> socket.socket:
    listener = reserved.take(mapped.address, mapped.host_port)
    if listener is None:
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((mapped.address, mapped.host_port))
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            raise ConfigError(
                f"cannot listen on {mapped.address}:{mapped.host_port}, which is mapped to node {mapped.node}: "
                f"{error.strerror}"
            ) from error
    listener.setblocking(False)
    return listener
