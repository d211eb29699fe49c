"""`program.Network` on the machine's own loopback: for parts of programs that tests run without a cluster.

In a real pod the network needs no simulation, so dialling is dialling and listening is listening. Ports are mapped
through a table, since several programs on one loopback cannot all have port 10250.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from socket import socket

from liqolab.controller.tcp import tcp_dial
from liqolab.program import Forwarder, Record


class HostNetwork:
    """Listens on `address`.

    Attributes:
        ports: port asked for → port bound, for each listener.
    """

    def __init__(self, address: str = "127.0.0.1", *, exact_ports: bool = False) -> None:
        self.ports: dict[int, int] = {}
        self._address = address
        self._exact = exact_ports
        self._servers: list[asyncio.Server] = []

    async def dial(self, host: str, port: int, protocol: str = "", *, origin: str = "") -> socket:
        return await tcp_dial(host, port)

    async def listen(
        self, port: int, factory: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None = None
    ) -> Callable[[], None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(factory, self._address, port if self._exact else 0, ssl=tls)
        self._servers.append(server)
        self.ports[port] = server.sockets[0].getsockname()[1]
        return server.close

    async def resolve(self, name: str) -> tuple[str, list[str]]:
        return name, [self._address]

    async def query(self, name: str, kind: str) -> list[Record]:
        return [Record(name, kind, self._address)]

    async def reaches(self, address: str) -> bool:
        return address == self._address

    async def listened(self) -> list[int]:
        return sorted(self.ports)

    async def add_route(self, cidr: str, via: str) -> None:
        raise PermissionError(
            f"route {cidr} via {via}: the machine's own routing table is not this program's to change"
        )

    async def remove_route(self, cidr: str) -> None:
        """Nothing to undo: no route was ever added."""

    async def forward(self, forwarder: Forwarder) -> None:
        raise PermissionError("forwarding needs the pod network of an embedded cluster")

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for server in self._servers:
            await server.wait_closed()
