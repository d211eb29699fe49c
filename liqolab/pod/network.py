"""`liqolab.program.Network` on the network of the pod that this process is in."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Final

from liqolab.controller.tcp import tcp_dial
from liqolab.pod import errands
from liqolab.pod.redirect import Redirection
from liqolab.program import Forwarder, Record

_REACH_SECONDS: Final = 2.0
_ECHO_PORT: Final = 7
_EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - inside of a pod, so that port-forward's loopback leads there too


class PodNetwork:
    """See `program.Network`.

    Args:
        address: the pod's.
        host_network: whether it is the node's network; then nothing listens but on the node's own address.
        log: what cannot be told to a caller.
    """

    def __init__(self, address: str, *, host_network: bool, log: Callable[[str], None]) -> None:
        self._address = address
        self.listens_on = address if host_network else _EVERYWHERE
        self._log = log
        self._servers: list[asyncio.Server] = []
        self._redirections: dict[Redirection, asyncio.Task[None]] = {}
        self._routes: set[str] | None = None

    async def dial(self, host: str, port: int, protocol: str = "", *, origin: str = "") -> socket.socket:
        return await tcp_dial(host, port)

    async def resolve(self, name: str) -> tuple[str, list[str]]:
        found = await asyncio.get_running_loop().getaddrinfo(
            name, None, family=socket.AF_INET, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME
        )
        return found[0][3] or name, [str(row[4][0]) for row in found]

    async def query(self, name: str, kind: str) -> list[Record]:
        """Addresses are what the C library asks for; no program of a pod wants other records."""
        if kind != "A":
            raise socket.gaierror(socket.EAI_NODATA, f"records of kind {kind} are not looked up")
        full, addresses = await self.resolve(name)
        return [Record(full, kind, address) for address in addresses]

    async def reaches(self, address: str) -> bool:
        """Whoever refuses a connection is there; asking by ICMP would take a privilege."""
        try:
            async with asyncio.timeout(_REACH_SECONDS):
                (await tcp_dial(address, _ECHO_PORT)).close()
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
        return True

    async def listened(self) -> list[int]:
        """Of this process: whoever else is in the pod, it cannot see."""
        return sorted(int(found.getsockname()[1]) for server in self._servers for found in server.sockets)

    async def listen(
        self, port: int, factory: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None = None
    ) -> Callable[[], None]:
        server = await asyncio.get_running_loop().create_server(factory, self.listens_on, port, ssl=tls)
        self._servers.append(server)
        return server.close

    async def add_route(self, cidr: str, via: str) -> None:
        if self._routes is None:
            # What a process before this one has left may lead to a gateway that is no more.
            await errands.remove_routes()
            self._routes = set()
        await errands.add_route(cidr, via)
        self._routes.add(cidr)

    async def remove_route(self, cidr: str) -> None:
        await errands.remove_route(cidr)
        if self._routes is not None:
            self._routes.discard(cidr)

    async def forward(self, forwarder: Forwarder) -> None:
        redirection = Redirection(self._address, forwarder, self._log)
        await redirection.begin()
        self._redirections[redirection] = asyncio.create_task(redirection.run())

    async def close(self) -> None:
        """The program has ended: nothing that it opened stays, in this pod or on its node."""
        for server in self._servers:
            server.close()
        for task in self._redirections.values():
            task.cancel()
        await asyncio.gather(*self._redirections.values(), return_exceptions=True)
        for redirection in self._redirections:
            redirection.close()
        self._redirections.clear()
        if self._routes:
            with contextlib.suppress(OSError):
                await errands.remove_routes()
