"""The cluster's network in user space.

Pods have addresses that exist nowhere but here. A connection to one is a socket pair: one end goes to the dialler, the
other to whoever listens on that address, as if the kernel had accepted it. So traffic is real (TLS, HTTP, half closes
and all) while no port of the machine is taken. Addresses that nobody here owns are reached over the machine's own
loopback, where the other clusters of the lab are; nothing ever leaves the machine.

The fabric carries streams. Ports that a Service declares as UDP are carried as streams too.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
import weakref
from collections.abc import Callable, Coroutine
from ipaddress import AddressValueError, IPv4Address
from typing import Any, Protocol

from liqolab.kube.node.beyond import Beyond, failure
from liqolab.kube.node.routes import RouteTable
from liqolab.kube.node.splice import splice
from liqolab.program import Forwarder, Record

Factory = Callable[[], asyncio.BaseProtocol]
Target = tuple[str, int]
"""(address, port)."""

_SYN_SECONDS = 127.0
"""How long Linux tries to open a connection: six times, waiting twice as long each time."""

_DNS_SECONDS = 10.0
"""How long a resolver asks before it gives up: two attempts of five seconds."""

_NAME_SERVICE, _DNS_PORT = "kube-dns", 53

_FIRST_PORT = 32768
"""Of those that outgoing connections have in Linux."""

_NODE_ORIGIN = "127.0.0.1"
"""Who dials where a node itself does."""

_log = logging.getLogger(__name__)


class Resolver(Protocol):
    """What the fabric needs to know of Services; see `service_proxy.ServiceProxy`."""

    def lookup(self, name: str, port: int, namespace: str) -> Target | None:
        """Where a connection to a service name should go: a service address, or a pod of a headless service."""
        ...

    def addresses(self, name: str, namespace: str) -> tuple[str, list[str]] | None:
        """The full form of a service's or pod's name and what the cluster's DNS answers for it."""
        ...

    def balance(self, address: str, port: int, origin: str = "", protocol: str = "") -> Target | None:
        """The endpoint for a connection from `origin` to a service address; None when no service has that address.

        Raises:
            ConnectionRefusedError: the service has no such port, or no ready endpoint.
        """
        ...


class Names(Protocol):
    """What the fabric needs to know of names; see `cluster_dns.ClusterDns`."""

    def records(self, name: str, kind: str, namespace: str) -> list[Record]: ...


class Exposed(Protocol):
    """What the fabric needs to know of ports of nodes; see `host_ports.HostPorts`."""

    def exposed(self, host: str, port: int, protocol: str, origin: str) -> Target | None: ...


class Guard(Protocol):
    """What the fabric needs to know of NetworkPolicies; see `network_policies.NetworkPolicies`."""

    def allows(self, origin: str, target: Target, protocol: str = "TCP") -> bool:
        """Whether `origin`, an address or nothing for the nodes themselves, may connect to where it finally leads."""
        ...


class Listener:
    """Accepts connections on one address and port of the fabric until it is closed."""

    def __init__(self, fabric: Fabric, target: Target, factory: Factory, tls: ssl.SSLContext | None) -> None:
        self._fabric = fabric
        self._target = target
        self._factory = factory
        self._tls = tls
        self._open: weakref.WeakSet[asyncio.BaseTransport] = weakref.WeakSet()

    async def accept(self, near: socket.socket) -> None:
        """Hand a connected socket to a new protocol of the listener."""
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.connect_accepted_socket(self._factory, near, ssl=self._tls)
        except OSError as error:
            # A failed TLS handshake among others: the dialler has its own view of it.
            _log.debug("connection to %s:%d: %s", *self._target, error)
            near.close()
        else:
            self._open.add(transport)

    def close(self) -> None:
        """Stop accepting and cut the connections: their container is gone."""
        self._fabric.forget(self._target, self)
        for transport in list(self._open):
            if isinstance(transport, asyncio.WriteTransport):
                transport.abort()
            else:
                transport.close()


class Fabric:
    """One cluster's pod network.

    Attributes:
        beyond: opens what leaves the cluster.
        routes: networks beyond this cluster and the pods that lead to them.
        resolver: knows the Services; set by the service proxy.
        names: the cluster's DNS, for those who ask more of it than an address.
        host_ports: says which pods ports of the nodes lead to.
        api_server: the API server's own socket, which Service ``default/kubernetes`` leads to.
        guard: says which connections are dropped; None as long as none are.
    """

    def __init__(self, api_server: Target | None = None) -> None:
        self.beyond = Beyond()
        self.routes = RouteTable()
        self.resolver: Resolver | None = None
        self.names: Names | None = None
        self.host_ports: Exposed | None = None
        self.api_server = api_server
        self.guard: Guard | None = None
        self._attached: set[str] = set()
        self._listeners: dict[Target, Listener] = {}
        self._forwarders: dict[str, Forwarder] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def attach(self, address: str) -> None:
        """Give an address to a pod: from now on, ports nobody listens on refuse instead of being unreachable."""
        self._attached.add(address)

    def detach(self, address: str) -> None:
        """Take an address back, with everything that depends on it."""
        self._attached.discard(address)
        self._forwarders.pop(address, None)
        self.routes.remove_via(address)
        for target in [target for target in self._listeners if target[0] == address]:
            self._listeners[target].close()

    def listen(self, address: str, port: int, factory: Factory, tls: ssl.SSLContext | None = None) -> Listener:
        """Accept connections to `address` and `port`, each handled by a protocol from `factory`.

        Raises:
            OSError: somebody listens there already.
        """
        target = (address, port)
        if target in self._listeners:
            raise OSError(errno.EADDRINUSE, f"listen tcp {address}:{port}: {os.strerror(errno.EADDRINUSE)}")
        listener = self._listeners[target] = Listener(self, target, factory, tls)
        return listener

    def listens(self, address: str, port: int) -> bool:
        """Whether somebody accepts connections there."""
        return (address, port) in self._listeners

    def listened(self, address: str) -> list[int]:
        """The ports of an address that somebody accepts connections to, in order."""
        return sorted(port for owner, port in self._listeners if owner == address)

    def attached(self, address: str) -> bool:
        """Whether a pod of this cluster has the address."""
        return address in self._attached

    def resolve(self, name: str, namespace: str) -> tuple[str, list[str]]:
        """The full form of a name, and its addresses.

        Raises:
            socket.gaierror: nobody is called so.
        """
        if _is_address(name):
            return name, [name]
        if name == "localhost":
            return name, ["127.0.0.1"]
        found = self.resolver.addresses(name, namespace) if self.resolver else None
        if not found or not found[1]:
            raise socket.gaierror(socket.EAI_NONAME, f"lookup {name}: no such host")
        return found

    def records(self, name: str, kind: str, namespace: str) -> list[Record]:
        """What the cluster's DNS answers for a question."""
        return self.names.records(name, kind, namespace) if self.names else []

    def forget(self, target: Target, listener: Listener) -> None:
        """Remove a listener; called by its `close`."""
        if self._listeners.get(target) is listener:
            del self._listeners[target]

    def forward(self, address: str, forwarder: Forwarder) -> None:
        """Make the pod with `address` a router: what is routed via it is opened through `forwarder`."""
        self._forwarders[address] = forwarder

    def stop_forwarding(self, address: str) -> None:
        """The pod with `address` is no router any more."""
        self._forwarders.pop(address, None)

    async def dial(
        self,
        host: str,
        port: int,
        *,
        origin: str = "",
        source: str = "",
        namespace: str = "default",
        protocol: str = "",
    ) -> socket.socket:
        """A connected, non-blocking stream socket to an address, a service address or a service name.

        Args:
            host: address or name.
            port: port of the pod or service.
            origin: address of the pod that dials; empty for the nodes and the API server.
            source: the same, if it is a router: its own routes do not apply to itself.
            namespace: where a name without a dot is looked up.
            protocol: of the port that is meant; nothing where any will do. The bytes are a stream all the same.

        Raises:
            OSError: nobody listens there, or there is no way there; after minutes, nothing is let through.
        """
        await self.ask_for_names(origin, host)
        target = self._resolve(host, port, namespace, origin, protocol)
        if self.guard is not None:
            await self._pass(self.guard, origin, target, protocol or "TCP")
        listener = self._listeners.get(target)
        if listener is None:
            return await self._dial_beyond(target, source, origin)
        near, end = socket.socketpair()
        far = _Accepted(end, origin or _NODE_ORIGIN)
        near.setblocking(False)
        far.setblocking(False)
        self._spawn(listener.accept(far))
        return near

    async def deliver(self, accepted: socket.socket, host: str, port: int) -> None:
        """Connect a socket that was accepted elsewhere (on a node port) to where `dial` would lead; takes it over.

        Raises:
            OSError: as for `dial`; the socket is closed then.
        """
        try:
            target = self._resolve(host, port, "default")
            if self.guard is not None:
                await self._pass(self.guard, accepted.getpeername()[0], target)
            listener = self._listeners.get(target)
            if listener is not None:
                await listener.accept(accepted)
                return
            beyond = await self._dial_beyond(target, "", "")
        except BaseException:
            accepted.close()
            raise
        await splice(accepted, beyond)

    async def close(self) -> None:
        """Close every listener and connection."""
        for listener in list(self._listeners.values()):
            listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.beyond.close()

    def _resolve(self, host: str, port: int, namespace: str, origin: str = "", protocol: str = "") -> Target:
        """The address and port that a connection finally goes to."""
        if not _is_address(host):
            named = self.resolver.lookup(host, port, namespace) if self.resolver else None
            if named is None:
                if host != "localhost":
                    raise socket.gaierror(socket.EAI_NONAME, f"lookup {host}: no such host")
                named = ("127.0.0.1", port)
            host, port = named
        balanced = self.resolver.balance(host, port, origin, protocol) if self.resolver else None
        if balanced is None and self.host_ports is not None and (host, port) not in self._listeners:
            balanced = self.host_ports.exposed(host, port, protocol or "TCP", origin)
        return balanced or (host, port)

    async def _pass(self, guard: Guard, origin: str, target: Target, protocol: str = "TCP") -> None:
        """Return if a connection may be opened; else be as silent as a network that drops its packets.

        Raises:
            TimeoutError: nothing was let through for as long as a kernel tries.
        """
        if not guard.allows(origin, target, protocol):
            await asyncio.sleep(_SYN_SECONDS)
            raise failure(errno.ETIMEDOUT, *target)

    async def ask_for_names(self, origin: str, name: str) -> None:
        """Return if a pod may ask the cluster's name service about a name, or need not.

        Raises:
            socket.gaierror: its questions are dropped.
        """
        guard = self.guard
        if guard is None or not origin or name == "localhost" or _is_address(name):
            return
        service = self.resolver.lookup(_NAME_SERVICE, _DNS_PORT, "kube-system") if self.resolver else None
        try:
            target = self.resolver.balance(*service) if self.resolver and service else None
        except OSError:
            return
        if target is not None and not any(guard.allows(origin, target, protocol) for protocol in ("UDP", "TCP")):
            await asyncio.sleep(_DNS_SECONDS)
            raise socket.gaierror(socket.EAI_AGAIN, f"lookup {name}: i/o timeout")

    async def _dial_beyond(self, target: Target, source: str, origin: str) -> socket.socket:
        """Dial what no listener of the fabric answers."""
        host, port = target
        if host in self._attached:
            raise failure(errno.ECONNREFUSED, host, port)
        if not _is_address(host):
            raise socket.gaierror(socket.EAI_NONAME, f"lookup {host}: no such host")
        address = IPv4Address(host)
        via = self.routes.find(address, source=source)
        if via is not None:
            forwarder = self._forwarders.get(via)
            if forwarder is None:
                raise failure(errno.EHOSTUNREACH, host, port)
            return await forwarder(host, port, origin)
        if not address.is_loopback:
            raise failure(errno.EHOSTUNREACH, host, port)
        return await self.beyond.dial(host, port)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Accepted(socket.socket):
    """The end of a connection that a listener gets; it knows who is at the other one."""

    def __init__(self, end: socket.socket, origin: str) -> None:
        super().__init__(end.family, end.type, end.proto, end.detach())
        self._origin = origin

    def getpeername(self) -> tuple[str, int]:
        # No two connections of the moment have the same number, as with the ports of a kernel.
        return self._origin, _FIRST_PORT + self.fileno()


def _is_address(host: str) -> bool:
    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True
