"""Node ports: the one place where the cluster's network opens ports of the machine, on loopback.

Each node port of a Service is listened on at the nodes' address. A connection is handed straight to the pod's listener
when the endpoint is in this process, and carried there otherwise.
"""

from __future__ import annotations

import asyncio
import logging
import socket

from liqolab.apimachinery.builtin import SERVICES
from liqolab.apimachinery.resources import Object
from liqolab.controller.events import EventRecorder
from liqolab.controller.manager import Controller, Manager
from liqolab.kube.node import texts
from liqolab.kube.node.fabric import Fabric, Target
from liqolab.kube.node.service_proxy import ServiceProxy

_RETRY_SECONDS = 1.0
_BACKLOG = 128

_log = logging.getLogger(__name__)


class NodePorts:
    """One listener per node port; run it for as long as the cluster runs."""

    def __init__(self, manager: Manager, fabric: Fabric, proxy: ServiceProxy, address: str) -> None:
        self._fabric = fabric
        self._proxy = proxy
        self._address = address
        self._services = manager.informer(SERVICES)
        self._events = EventRecorder(manager.client, "kube-proxy")
        self._open: dict[int, tuple[str, asyncio.Task[None]]] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self._controller = Controller("node-ports", self._reconcile).watches(self._services)

    async def run(self) -> None:
        """Follow the Services until cancelled; closes all listeners and connections at the end."""
        try:
            await self._controller.run()
        finally:
            tasks = [task for _, task in self._open.values()] + list(self._connections)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def target(self, number: int, origin: str = "") -> Target | None:
        """Where a connection to a node port goes; None when no service has it.

        Raises:
            ConnectionRefusedError: no endpoint of the service is ready.
        """
        key, _ = self._open.get(number, ("", None))
        service = self._services.by_key(key) if key else None
        port = next((row for row in _node_ports(service) if int(row["nodePort"]) == number), None)
        return None if service is None or port is None else self._proxy.endpoint(service, port, origin)

    async def _reconcile(self, key: str) -> float | None:
        service = self._services.by_key(key)
        wanted = {int(port["nodePort"]) for port in _node_ports(service)}
        for number in [number for number, (owner, _) in self._open.items() if owner == key and number not in wanted]:
            await self._shut(number)
        taken = False
        for number in sorted(wanted):
            owner, _ = self._open.get(number, ("", None))
            if owner and owner != key:
                # The other service gave the port up, or the API server would not have handed it out again.
                await self._shut(number)
            if number not in self._open:
                taken |= not await self._open_port(key, service or {}, number)
        return _RETRY_SECONDS if taken else None

    async def _open_port(self, key: str, service: Object, number: int) -> bool:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._address, number))
        except OSError as error:
            listener.close()
            note = texts.NODE_PORT_TAKEN.format(port=number, address=self._address, why=error.strerror)
            await self._events.event(service, "Warning", "NodePortTaken", note)
            return False
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        task = asyncio.get_running_loop().create_task(self._accept(listener, number))
        self._open[number] = (key, task)
        return True

    async def _shut(self, number: int) -> None:
        _, task = self._open.pop(number)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _accept(self, listener: socket.socket, number: int) -> None:
        loop = asyncio.get_running_loop()
        with listener:
            while True:
                accepted, _ = await loop.sock_accept(listener)
                task = loop.create_task(self._connect(accepted, number))
                self._connections.add(task)
                task.add_done_callback(self._connections.discard)

    async def _connect(self, accepted: socket.socket, number: int) -> None:
        accepted.setblocking(False)
        try:
            target = self.target(number, accepted.getpeername()[0])
            if target is None:
                accepted.close()
                return
            await self._fabric.deliver(accepted, *target)
        except OSError as error:
            accepted.close()
            _log.debug("node port %d: %s", number, error)


def _node_ports(service: Object | None) -> list[Object]:
    """The ports of a service that have a node port."""
    return [port for port in (service or {}).get("spec", {}).get("ports") or () if port.get("nodePort")]
