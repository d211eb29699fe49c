"""The network as one container sees it: `liqolab.program.Network` on the fabric."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from socket import socket

from liqolab.apimachinery.resources import Object
from liqolab.kube.node.fabric import Fabric, Listener
from liqolab.program import Forwarder, Record


class ContainerNetwork:
    """Listens on the pod's address, dials from it, and routes if the container may.

    Args:
        fabric: the cluster's network.
        address: the pod's address (the node's, for pods in the host's network).
        namespace: where short service names are looked up.
        privileged: whether the container may change the node's routes.
        owner: how errors name the container.
        hosts: name → address, of ``/etc/hosts``.
    """

    def __init__(
        self,
        fabric: Fabric,
        address: str,
        namespace: str,
        *,
        privileged: bool,
        owner: str,
        hosts: Mapping[str, str] | None = None,
    ) -> None:
        self._fabric = fabric
        self._address = address
        self._namespace = namespace
        self._privileged = privileged
        self._owner = owner
        self._hosts = hosts or {}
        self._listeners: list[Listener] = []
        self._routes: set[str] = set()
        self._forwards = False
        self._opened = asyncio.Event()

    async def dial(self, host: str, port: int, protocol: str = "", *, origin: str = "") -> socket:
        """See `program.Network.dial`; 127.0.0.1 is this pod before it is the machine."""
        host = self._hosts.get(host, host)
        if host in ("127.0.0.1", "localhost") and self._fabric.listens(self._address, port):
            host = self._address
        source = self._address if self._forwards else ""
        return await self._fabric.dial(
            host,
            port,
            origin=(self._forwards and origin) or self._address,
            source=source,
            namespace=self._namespace,
            protocol=protocol,
        )

    async def resolve(self, name: str) -> tuple[str, list[str]]:
        """See `program.Network.resolve`."""
        await self._fabric.ask_for_names(self._address, name)
        return self._fabric.resolve(name, self._namespace)

    async def query(self, name: str, kind: str) -> list[Record]:
        """See `program.Network.query`."""
        await self._fabric.ask_for_names(self._address, name)
        return self._fabric.records(name, kind, self._namespace)

    async def reaches(self, address: str) -> bool:
        """See `program.Network.reaches`."""
        return self._fabric.attached(address)

    async def listened(self) -> list[int]:
        """See `program.Network.listened`."""
        return self._fabric.listened(self._address)

    async def listen(
        self, port: int, factory: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None = None
    ) -> Callable[[], None]:
        """See `program.Network.listen`."""
        listener = self._fabric.listen(self._address, port, factory, tls)
        self._listeners.append(listener)
        opened, self._opened = self._opened, asyncio.Event()
        opened.set()

        def close() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)
            listener.close()

        return close

    async def add_route(self, cidr: str, via: str) -> None:
        """See `program.Network.add_route`."""
        self._authorise(f"ip route add {cidr} via {via}")
        self._fabric.routes.add(cidr, via)
        self._routes.add(cidr)

    async def remove_route(self, cidr: str) -> None:
        """See `program.Network.remove_route`."""
        self._authorise(f"ip route del {cidr}")
        self._fabric.routes.remove(cidr)
        self._routes.discard(cidr)

    async def forward(self, forwarder: Forwarder) -> None:
        """See `program.Network.forward`."""
        self._authorise("forwarding packets")
        self._fabric.forward(self._address, forwarder)
        self._forwards = True

    @property
    def listening(self) -> bool:
        """Whether the container has opened a port."""
        return bool(self._listeners)

    async def opened(self) -> None:
        """Wait until the container opens another port."""
        await self._opened.wait()

    def close(self) -> None:
        """The container is gone: so are its listeners, connections and routes."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        for cidr in self._routes:
            self._fabric.routes.remove(cidr)
        self._routes.clear()
        if self._forwards:
            self._fabric.stop_forwarding(self._address)

    def _authorise(self, action: str) -> None:
        if not self._privileged:
            raise PermissionError(
                f"{action}: operation not permitted ({self._owner} has neither privileged: true nor the capability "
                "NET_ADMIN in its securityContext)"
            )


def may_route(container: Object) -> bool:
    """Whether a container's security context lets it change the node's network."""
    context = container.get("securityContext") or {}
    capabilities = (context.get("capabilities") or {}).get("add") or ()
    return bool(context.get("privileged")) or not {"NET_ADMIN", "ALL"}.isdisjoint(capabilities)
